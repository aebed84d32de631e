"""Files of this machine that a sandbox shows, and that were hardly meant for students' eyes."""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

from grading.sandbox.view import View

ROOT = 0


@dataclass(frozen=True)
class Exposed:
    """What a look at all that shows came to."""

    files: list[str]  # readable inside; here not by everybody, or of an account of somebody else
    complete: bool  # was there time for all of it?


def exposed_files(made: View, seconds: float) -> Exposed:
    """Look for files that `made` shows, for so long at most: those which not everybody here may
    read, and those of another account than root and the one that grades."""
    found: list[str] = []
    deadline = time.monotonic() + seconds
    for path in (path for path, how in made.items() if how is True):
        for file in _exposed_below(path, made):
            if file:
                found.append(file)
            if time.monotonic() > deadline:
                return Exposed(found, complete=False)
    return Exposed(found, complete=True)


def _exposed_below(top: str, made: View) -> Iterator[str]:
    """The exposed files at or below a path; an empty text for each other one that was looked at."""
    me, groups = os.geteuid(), {os.getegid(), *os.getgroups()}

    def may(status: os.stat_result, wanted: int) -> bool:
        """May a kernel inside do it? It has this account's rights, and of root's no more either."""
        shift = 6 if status.st_uid == me else 3 if status.st_gid in groups else 0
        return status.st_mode >> shift & wanted == wanted

    folders = [(top, True)]  # a home directory with a Python in it may well be closed
    while folders:
        path, is_open = folders.pop()
        try:
            status = os.lstat(path)
            names = os.listdir(path) if stat.S_ISDIR(status.st_mode) else []
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            if may(status, os.R_OK | os.X_OK):
                is_open = is_open and bool(status.st_mode & stat.S_IXOTH)
                below = (os.path.join(path, name) for name in names)
                folders += [(one, is_open) for one in below if made.get(one, True) is True]
        elif stat.S_ISREG(status.st_mode) and may(status, os.R_OK):
            for_all = is_open and status.st_mode & stat.S_IROTH
            yield "" if for_all and status.st_uid in (ROOT, me) else path
        else:
            yield ""
