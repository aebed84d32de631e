"""What instructors type at nbgrader's commands means what they mean, or is refused.

nbgrader has no hook for any of this: `install`, from nbgrader_config.py, puts a step before some of
its functions.
"""

import functools
import glob
import os
from collections.abc import Callable
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.dbapp import DbAssignmentAddApp, DbAssignmentImportApp
from nbgrader.converters.base import BaseConverter

from grading.plugins.moments import MomentError, moment


def install() -> None:
    """Has due dates read by `moment`, and `--student` find the student of just that name."""
    for method in ("add_assignment", "update_or_create_assignment"):
        _replace(Gradebook, method, _with_due_date)
    for command in (DbAssignmentAddApp, DbAssignmentImportApp):
        _replace(command, "start", _refusing)
    _replace(BaseConverter, "init_notebooks", _finding_the_student)


def _replace(kind: type, name: str, put: Callable[[Callable], Callable]) -> None:
    """Puts a step before a method, once: a configuration can be read again."""
    method = getattr(kind, name)
    if not hasattr(method, "__wrapped__"):
        setattr(kind, name, functools.wraps(method)(put(method)))


def _with_due_date(method: Callable) -> Callable:
    def call(self: Gradebook, name: str, **fields: Any) -> Any:
        if isinstance(written := fields.get("duedate"), str):
            fields["duedate"] = moment(written) if written.strip() else None
        return method(self, name, **fields)

    return call


def _refusing(method: Callable) -> Callable:
    def start(self: Any) -> None:
        try:
            method(self)
        except MomentError as error:
            self.fail("The due date %s", error)

    return start


def _finding_the_student(method: Callable) -> Callable:
    """`*`, `?` and `[` are wildcards only where no student is named just so.

    nbgrader reads them in the names of the folders that it has found, too, and would take another
    student's notebook for that of `y[1]`.
    """

    def init_notebooks(self: BaseConverter) -> None:
        course = self.coursedir
        if os.path.isdir(self._format_source(course.assignment_id, course.student_id)):
            course.student_id = glob.escape(course.student_id)
        folders = glob.glob(self._format_source(course.assignment_id, course.student_id))
        file = f"{course.notebook_id}.ipynb"
        found = {folder: glob.glob(os.path.join(glob.escape(folder), file)) for folder in folders}
        if any(map(glob.has_magic, folders)) and any(found.values()):
            self.notebooks, self.assignments = [], {k: v for k, v in found.items() if v}
        else:
            method(self)

    return init_notebooks
