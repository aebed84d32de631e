"""Who may read and write what grading makes: whoever owns it and, where several grade, their group.

Submissions, grades, pages and the secrets among them are nobody else's, whatever the umask is. The
mode of the course's folder says whether there is a group: what its group may write, the group may
also read and write in all that grading makes there. nbgrader has no hook for this, and gives files
modes of its own: `STEPS` are what `typed.install` puts around its functions.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.converters import Autograde, GenerateFeedback, GenerateSolution

MODES = 0o7777
SQLITE, MEMORY = "sqlite:///", ":memory:"
CONVERTERS = (Autograde, GenerateFeedback, GenerateSolution)


def mask(folder: str | Path) -> int:
    """The umask for what is made in a course's folder, which may not be there yet."""
    with contextlib.suppress(OSError):
        if os.stat(folder).st_mode & stat.S_IWGRP:
            return 0o007
    return 0o077


@contextlib.contextmanager
def private(folder: str | Path) -> Iterator[None]:
    """What is made meanwhile, by this process, is for those alone whom the folder is for."""
    before = os.umask(mask(folder))
    try:
        yield
    finally:
        os.umask(before)


def close(made: str | Path, folder: str | Path) -> None:
    """Closes what was made with modes of somebody else's choice: the group gets what the owner has.

    Args:
        made: a folder.
        folder: the course's.
    """
    closed = mask(folder)
    for place, _, files in os.walk(made):
        for path in (place, *(os.path.join(place, file) for file in files)):
            mode = os.stat(path).st_mode & MODES
            wanted = (mode | (mode & stat.S_IRWXU) >> 3) & ~closed
            if wanted != mode:
                os.chmod(path, wanted)


def _privately(method: Callable) -> Callable:
    def start(self: Any) -> Any:
        with private(self.coursedir.root):
            return method(self)

    return start


def _closing(method: Callable) -> Callable:
    def set_permissions(self: Any, assignment: str, student: str) -> None:
        method(self, assignment, student)
        close(os.path.normpath(self._format_dest(assignment, student)), self.coursedir.root)

    return set_permissions


def _in_its_folder(method: Callable) -> Callable:
    """A new gradebook in a file is as private as its folder says; SQLite's own would be read-only
    for a group."""

    def init(self: Gradebook, db_url: str, *args: Any, **options: Any) -> None:
        file = Path(db_url.removeprefix(SQLITE).partition("?")[0])
        if db_url.startswith(SQLITE) and file.name != MEMORY and file.parent.is_dir():
            with private(file.parent), contextlib.suppress(FileExistsError):
                file.touch(0o660, exist_ok=False)
        method(self, db_url, *args, **options)

    return init


# (class, method, what is put around it). A student version isn't private, nor what is released.
STEPS: tuple[tuple[type, str, Callable[[Callable], Callable]], ...] = (
    *((kind, "start", _privately) for kind in (*CONVERTERS, ExportApp, ZipCollectApp)),
    *((kind, "set_permissions", _closing) for kind in CONVERTERS),
    (Gradebook, "__init__", _in_its_folder),
)
