"""A handed-in folder: read without following a link, copied within limits, and never changed.

Whoever handed it in could put anything there: links, pipes, a thousand folders in one another,
names that move a terminal's cursor. Every part of a path is opened from the part above it, so that
none is a link, also where one takes a folder's place meanwhile.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

from nbgrader.utils import parse_utc

from grading.coordinator.reading import LARGEST, shown_name
from grading.plain import is_hidden

STAMP = "timestamp.txt"
DEEPEST = 10  # folders in one another
MOST_FILES = 1_000  # nbgrader's own way through a folder takes the square of it
MOST_NAMES = 10_000  # that are looked at
BESIDE_IN_ALL = 100_000_000  # bytes beside the notebooks, holes counted; what nbgrader collects
NOTEBOOKS_IN_ALL = 2 * LARGEST
NOTEBOOKS = (".ipynb", ".json", ".zip")
PIECE = 1 << 20  # bytes
LONGEST_STAMP = 1_000  # bytes
YEARS = range(1970, 3000)  # in which every zone's clock can be computed
SHOWN = 8  # names in a sentence
SMALLER = "'Clear Outputs of All Cells' in JupyterLab makes it smaller"

READ = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)  # a pipe is not waited for
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
FOLDER = READ | getattr(os, "O_DIRECTORY", 0)


class RefusedError(Exception):
    """There is no folder to read; the message is a sentence that says why."""


class NoCopyError(Exception):
    """This machine can't make the copy: no fault of the student's, and no reason to grade less."""

    @classmethod
    def check(cls, error: OSError) -> None:
        """Raises NoCopyError where an error is the machine's own."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE):
            raise cls(f"What was handed in cannot be copied: {error.strerror}.") from error


@dataclass(frozen=True)
class Entry:
    """What is in a folder: its path within, what it is; `why` nothing can be done with it, or "".

    `folder` and `name` are where it is, as long as the walk is there.
    """

    path: tuple[str, ...]
    status: os.stat_result
    folder: int
    name: str
    why: str = ""


@dataclass(frozen=True)
class Taken:
    """What was taken of a handed-in folder.

    Attributes:
        files: the digest of each plain file, by its path within the folder, as that is called here.
        left_out: why, by their paths, the others were not taken.
        problem: why nothing could be taken at all, as a sentence.
        stamp: what the student's time stamp says.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    stamp: datetime | None = None

    @property
    def digest(self) -> str:
        """A name for what was taken, the time stamp aside."""
        found = hashlib.sha256()
        for path, digest in sorted(self.files.items()):
            if os.path.basename(path) != STAMP:
                found.update(path.encode() + b"\0" + digest)
        return found.hexdigest()

    @property
    def told(self) -> str:
        """What was left out, in a sentence."""
        if not self.left_out:
            return ""
        named = [f"'{shown_name(path)}' {why}" for path, why in self.left_out.items()]
        more = f", and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
        return f"Left out of what was handed in: {', '.join(named[:SHOWN])}{more}."


@contextlib.contextmanager
def opened(base: str | Path, parts: Sequence[str] = ()) -> Iterator[int]:
    """A folder below `base`, as a descriptor.

    Raises:
        RefusedError: a part of the way there is a link, no folder, or can't be entered.
    """
    folder, shown = -1, ""
    try:
        folder = os.open(base, FOLDER)
        for shown in parts:
            below = os.open(shown, FOLDER | NO_LINK, dir_fd=folder)
            os.close(folder)
            folder = below
    except OSError as error:
        if folder >= 0:
            why = _why_not_entered(shown, folder, error)
            os.close(folder)
            raise RefusedError(f"What was handed in {why}.") from None
        raise RefusedError(f"What was handed in cannot be read ({error.strerror}).") from None
    try:
        yield folder
    finally:
        os.close(folder)


def _why_not_entered(name: str, folder: int, error: OSError) -> str:
    with contextlib.suppress(OSError):
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            return "is a link"
        if not stat.S_ISDIR(mode):
            return "is no folder"
    return f"cannot be read ({error.strerror})"


def walk(folder: int, path: tuple[str, ...] = ()) -> Iterator[Entry]:
    """All that is in a folder and below: of each folder the files first, notebooks before others.

    What is neither a plain file nor a folder, or lies too deep, comes with the reason why.
    """
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, MOST_NAMES))
    found = []
    for name in names:
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            found.append(Entry((*path, name), status, folder, name))
    files = [entry for entry in found if not stat.S_ISDIR(entry.status.st_mode)]
    for entry in sorted(files, key=lambda entry: not entry.name.lower().endswith(NOTEBOOKS)):
        mode = entry.status.st_mode
        why = "is a link" if stat.S_ISLNK(mode) else "is no plain file"
        yield entry if stat.S_ISREG(mode) else _but(entry, why)
    for entry in found:
        if not stat.S_ISDIR(entry.status.st_mode):
            continue
        if len(entry.path) > DEEPEST:
            yield _but(entry, f"lies more than {DEEPEST} folders deep")
            continue
        try:
            below = os.open(entry.name, FOLDER | NO_LINK, dir_fd=folder)
        except OSError as error:
            yield _but(entry, _why_not_entered(entry.name, folder, error))
            continue
        try:
            yield entry
            yield from walk(below, entry.path)
        except OSError as error:
            yield _but(entry, f"cannot be read ({error.strerror})")
        finally:
            os.close(below)


def _but(entry: Entry, why: str) -> Entry:
    return Entry(entry.path, entry.status, entry.folder, entry.name, why)


class _Room:
    """How much may still be taken of a folder."""

    def __init__(self) -> None:
        self._notebooks, self._others = NOTEBOOKS_IN_ALL, BESIDE_IN_ALL

    def refuses(self, entry: Entry) -> str:
        """Why there is no room for a plain file; "" where there is, and then it is taken."""
        size = entry.status.st_size
        if entry.name.lower().endswith(NOTEBOOKS):
            if size > LARGEST:
                return f"is larger than {LARGEST >> 20} MiB: {SMALLER}"
            if size > self._notebooks:
                return "is too large beside the other notebooks"
            self._notebooks -= size
            return ""
        if size > self._others:
            return f"is too large: the files beside a notebook may have {BESIDE_IN_ALL // 10**6} MB"
        self._others -= size
        return ""


def take(folder: int, into: Path | None, ignore: Callable[[str], bool]) -> Taken:
    """Copies the plain files and folders in a folder, each under a name that can be shown.

    Args:
        folder: of `opened`.
        into: the copy, made here; None: nothing is copied, only looked at.
        ignore: of which names neither the file nor what is below the folder is taken.

    Raises:
        NoCopyError: there is no room for the copy.
    """
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    room = _Room()
    for number, entry in enumerate(walk(folder)):
        path = os.path.join(*map(showable, entry.path))
        if len(files) >= MOST_FILES or number >= MOST_NAMES:
            left_out[path] = f"and what follows are more than {MOST_FILES:,} files"
            break
        if path == STAMP or any(map(ignore, entry.path)):
            continue
        is_file = stat.S_ISREG(entry.status.st_mode)
        if why := entry.why or (room.refuses(entry) if is_file else ""):
            left_out[path] = why
            continue
        try:
            if is_file:
                files[path] = _copied(entry, into and into / path)
            elif into:
                (into / path).mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            left_out[path] = "has the name of another file"
        except OSError as error:
            NoCopyError.check(error)
            left_out[path] = f"cannot be read ({error.strerror})"
    stamp = stamp_in(folder)
    if stamp is None and _is_there(STAMP, folder):
        left_out[STAMP] = "holds no date and time"
    return Taken(files, left_out, stamp=stamp)


def ignoring(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a name is one that the course's directory ignores (`CourseDirectory.ignore`)."""
    return lambda name: any(fnmatch(name, pattern) for pattern in patterns)


def showable(name: str) -> str:
    """A name with "_" in the place of what isn't seen and does something."""
    return "".join("_" if is_hidden(character) else character for character in name)


def _copied(entry: Entry, target: Path | None) -> bytes:
    """Copies a plain file, its holes as holes; its digest."""
    found = hashlib.sha256()
    with contextlib.ExitStack() as stack:
        source = os.open(entry.name, READ | NO_LINK, dir_fd=entry.folder)
        file = stack.enter_context(open(source, "rb", buffering=0))
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise OSError(0, "it has just become something else")
        copy = stack.enter_context(open(target, "xb")) if target else None
        left = entry.status.st_size  # a file that grows meanwhile isn't followed
        while left > 0 and (piece := file.read(min(left, PIECE))):
            found.update(piece)
            left -= len(piece)
            if copy and piece.count(0) == len(piece):
                copy.seek(len(piece), os.SEEK_CUR)
            elif copy:
                copy.write(piece)
        if copy:
            copy.truncate()
    return found.digest()


def _is_there(name: str, folder: int) -> bool:
    with contextlib.suppress(OSError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def stamp_in(folder: int) -> datetime | None:
    """What the time stamp in a folder says, in UTC without a zone; None where it says nothing."""
    try:
        stamp = os.open(STAMP, READ | NO_LINK, dir_fd=folder)
    except OSError:
        return None
    try:
        status = os.fstat(stamp)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LONGEST_STAMP:
            return None
        said = parse_utc(os.read(stamp, LONGEST_STAMP).decode().strip())
    except Exception:  # whatever dateutil makes of it
        return None
    finally:
        os.close(stamp)
    return said if said.year in YEARS else None
