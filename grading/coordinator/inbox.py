"""What was handed in for an assignment, student by student, as copies that can be worked with.

`submitted/` is the instructor's, what is in it the students' own: it is only read. A copy is made
when it is first asked for, and goes when its student is done with. Whatever is wrong with a
student's folder ends in a sentence about it, and nowhere else.
"""

import contextlib
import glob
import os
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grading.coordinator.folder import (
    STAMP,
    NoCopyError,
    RefusedError,
    Taken,
    ignoring,
    opened,
    stamp_in,
    take,
)
from grading.scratch import Scratch

PREFIX = ".handed-in-"


class Inbox:
    """The submissions of the assignment that `coursedir` names."""

    def __init__(self, coursedir: CourseDirectory):
        self._coursedir, self._assignment = coursedir, coursedir.assignment_id
        self._submitted: str = coursedir.submitted_directory
        self._copies: Scratch | None = None
        self._taken: dict[str, Taken] = {}

    def students(self, wanted: str) -> list[str]:
        """Whose folders there are, by the names that somebody gave them.

        Args:
            wanted: a pattern of nbgrader's.
        """
        course = self._coursedir
        anybody = course.format_path(self._submitted, "(.*)", self._assignment, escape=True)
        pattern = course.format_path(self._submitted, wanted, self._assignment)
        names = (re.fullmatch(anybody, path, re.S) for path in glob.glob(pattern))
        return sorted(name[1] for name in names if name)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, nbgrader finds the copies in the place of what was handed in."""
        try:
            self._coursedir.submitted_directory = self._place
            yield
        finally:
            self._coursedir.submitted_directory = self._submitted
            for student in list(self._taken):
                self.drop(student)
            if self._copies:
                self._copies.cleanup()
            self._copies = None

    def folder(self, student: str) -> Path:
        """Where a student's copy is, as far as it was made."""
        return Path(self._coursedir.format_path(self._place, student, self._assignment))

    def take(self, student: str) -> Taken:
        """Makes the copy of what a student handed in, once. Never raises for what that is.

        Raises:
            NoCopyError: this machine has no room for it.
        """
        if student not in self._taken:
            self._taken[student] = self._take(student, copying=True)
        return self._taken[student]

    def digest(self, student: str) -> str:
        """A name for what a student has handed in: the notebooks and the files beside them."""
        taken = self._taken.get(student) or self._take(student, copying=False)
        return taken.digest

    def take_stamp(self, student: str) -> None:
        """Copies the time stamp alone, which says whether there is something new."""
        if student in self._taken:
            return
        with contextlib.suppress(RefusedError, OSError), self._opened(student) as folder:
            if stamp := stamp_in(folder):
                copy = self.folder(student)
                copy.mkdir(parents=True, exist_ok=True)
                (copy / STAMP).write_text(f"{stamp} UTC")

    def drop(self, student: str) -> None:
        """Removes the copy of a student who is done with."""
        self._taken.pop(student, None)
        shutil.rmtree(self.folder(student), ignore_errors=True)

    @property
    def _place(self) -> str:
        """What takes the place of nbgrader's `submitted_directory`."""
        if not self._copies:
            self._copies = Scratch(PREFIX, self._coursedir.root)
        # Under the name that it has, as the lines of nbgrader's log tell it.
        inside = self._copies.inside
        return os.path.join(inside.parent.name, inside.name, Path(self._submitted).name)

    def _opened(self, student: str) -> contextlib.AbstractContextManager[int]:
        """A student's folder, each part of the way there below `submitted/` found to be one."""
        path_of = partial(self._coursedir.format_path, self._submitted)
        base = os.path.commonpath([path_of("a", "b"), path_of("c", "d")])
        return opened(base, Path(path_of(student, self._assignment)).relative_to(base).parts)

    def _take(self, student: str, copying: bool) -> Taken:
        try:
            with self._opened(student) as folder:
                into = self.folder(student) if copying else None
                if into:
                    into.mkdir(parents=True, exist_ok=True)
                taken = take(folder, into, ignoring(self._coursedir.ignore))
                if into and taken.stamp:
                    (into / STAMP).write_text(f"{taken.stamp} UTC")
                return taken
        except RefusedError as error:
            return Taken(problem=str(error))
        except OSError as error:
            NoCopyError.check(error)
            return Taken(problem=f"What was handed in cannot be read ({error.strerror}).")
