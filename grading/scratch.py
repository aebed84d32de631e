"""Folders for a while: what a killed process has left behind goes when the next one makes its own.

The lock on a file in such a folder is this process's and ends with it, however that comes about.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

LOCK = "lock"


class Scratch(tempfile.TemporaryDirectory[str]):
    """A folder that only this account can enter, removed by cleanup() or when Python ends.

    Attributes: inside, a folder in it, empty at first: what others see of it.

    Args:
        prefix: of its name. What dead processes left under such names is removed.
        place: where it is made; None: the system's folder for temporary files.
    """

    def __init__(self, prefix: str, place: str | Path | None = None) -> None:
        place = place or tempfile.gettempdir()
        remove_leftovers(place, prefix)
        super().__init__(prefix=prefix, dir=place, ignore_cleanup_errors=True)
        self._held = hold(self.name)
        self.inside = Path(self.name, "in")
        self.inside.mkdir()

    def cleanup(self) -> None:
        """Removes the folder; a second time does nothing."""
        super().cleanup()
        if self._held:
            self._held.close()


def hold(folder: str | Path) -> IO[str] | None:
    """Marks a folder as this process's for as long as the result is open.

    Returns:
        None where that can't be marked; then nobody else removes it.
    """
    if sys.platform == "win32":
        return None
    # It gets the name that others look for once it is locked.
    new = Path(folder, f"{LOCK}.new")
    file = open(new, "w")  # noqa: SIM115 (held)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        file.close()
        new.unlink()
        return None
    os.rename(new, Path(folder, LOCK))
    return file


def remove_leftovers(
    place: str | Path, prefix: str, first: Callable[[Path], None] = lambda folder: None
) -> None:
    """Removes this account's folders of processes that have ended without doing so.

    Args:
        place: where they are; prefix: how their names begin.
        first: what is done before one is removed.
    """
    if sys.platform == "win32":
        return
    for lock in Path(place).glob(f"{prefix}*/{LOCK}"):
        with contextlib.suppress(OSError):  # in use, or gone
            if lock.parent.lstat().st_uid != os.getuid():
                continue
            with open(lock, "r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                first(lock.parent)
                shutil.rmtree(lock.parent, ignore_errors=True)
