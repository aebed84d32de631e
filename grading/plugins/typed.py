"""What instructors type at nbgrader's commands means what they mean, or is refused.

And what students wrote where the same commands read it, names and time stamps, is taken for what
it is. nbgrader has no hook for any of this: `install`, from nbgrader_config.py, puts a step before
or in the place of some of its functions.
"""

import functools
import glob
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.apps.dbapp import DbAssignmentAddApp, DbAssignmentImportApp
from nbgrader.apps.exportapp import ExportApp
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange, ExchangeCollect, ExchangeReleaseFeedback
from nbgrader.utils import find_all_notebooks

from grading.coordinator.folder import RefusedError, opened, stamp_in
from grading.coordinator.students import StudentIds
from grading.plain import plain_line
from grading.plugins.alone import alone
from grading.plugins.archives import Collector
from grading.plugins.gradebook import with_gradebook
from grading.plugins.log import PlainFormatter, quieten
from grading.plugins.moments import MomentError, moment
from grading.plugins.private import STEPS
from grading.plugins.reachable import reachable
from grading.plugins.systems.downloads import EXAMPLES, Owners
from grading.plugins.systems.table import TableError

SHOWN = 5  # names of files in a message

_REPLACED: set[tuple[type, str, Callable]] = set()


def install() -> None:
    """Has due dates read by `moment`, `--student` find the student of just that name, folders that
    no student can have be left out, time stamps read without trust, one command at a time change a
    course, whose gradebook and exchange can be used, the log written plainly, and what grading
    makes kept private."""
    _replace(Exchange, "start", reachable)  # before those of its steps
    for method in ("add_assignment", "update_or_create_assignment"):
        _replace(Gradebook, method, _with_due_date)
    for command in (DbAssignmentAddApp, DbAssignmentImportApp):
        _replace(command, "start", _refusing)
    _replace(BaseConverter, "init_notebooks", _finding_the_student)
    _replace(CourseDirectory, "get_existing_timestamp", _with_a_stamp_that_can_be_read)
    _replace(NbGraderAPI, "get_submitted_timestamp", _of_what_was_handed_in)
    _replace(NbGraderAPI, "get_submitted_students", _with_ids)
    _replace(ZipCollectApp, "extract_archive_files", _where_there_is_something)
    _replace(ZipCollectApp, "_collect_files", _or_it_is_said)
    _replace(ZipCollectApp, "_transfer_files", _one_by_one)
    for command in (BaseConverter, ZipCollectApp, ExchangeCollect):
        _replace(command, "start", _alone)
    for command in (ExportApp, ExchangeReleaseFeedback):
        _replace(command, "start", with_gradebook)
    for kind, method, put in STEPS:  # of commands, around the steps above
        _replace(kind, method, put)
    NbGrader._log_formatter_cls = PlainFormatter
    quieten()


def _replace(kind: type, name: str, put: Callable[[Callable], Callable]) -> None:
    """Puts a step before a method, once: a configuration can be read again."""
    if (kind, name, put) not in _REPLACED:
        _REPLACED.add((kind, name, put))
        method = getattr(kind, name)
        setattr(kind, name, functools.wraps(method)(put(method)))


def _alone(method: Callable) -> Callable:
    return alone(with_gradebook(method))


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
    student's notebook for that of `y[1]`. A folder whose name is no student's id is left out, and
    where submissions are graded (`SubmissionExporter`), one without a notebook isn't.
    """

    def init_notebooks(self: BaseConverter) -> None:
        course = self.coursedir
        if course.student_id == ".":  # the instructor's own notebooks
            return method(self)
        is_one = StudentIds(parent=self).is_one(course.student_id)  # `*` can be a folder, too
        if is_one and os.path.isdir(self._format_source(course.assignment_id, course.student_id)):
            course.student_id = glob.escape(course.student_id)
        folders = glob.glob(self._format_source(course.assignment_id, course.student_id))
        if not isinstance(self, Autograde):
            anybody = self._format_source(course.assignment_id, "(.*)", escape=True)
            names = [re.fullmatch(anybody, folder, re.S) for folder in folders]
            whose = {name[1]: name[0] for name in names if name}
            folders = [whose[student] for student in StudentIds(parent=self).known(whose)]
        file = f"{course.notebook_id}.ipynb"
        found = {folder: glob.glob(os.path.join(glob.escape(folder), file)) for folder in folders}
        if not isinstance(self, Autograde):
            found = {folder: notebooks for folder, notebooks in found.items() if notebooks}
        if not found:
            return method(self)  # which says so
        self.notebooks, self.assignments = [], found

    return init_notebooks


def _with_a_stamp_that_can_be_read(method: Callable) -> Callable:
    """What stands in a time stamp is a student's: one that says nothing stops nobody."""

    def get_existing_timestamp(self: CourseDirectory, dest_path: str) -> datetime | None:
        try:
            with opened(dest_path) as folder:
                return stamp_in(folder)
        except RefusedError:
            return None

    return get_existing_timestamp


def _of_what_was_handed_in(method: Callable) -> Callable:
    def get_submitted_timestamp(
        self: NbGraderAPI, assignment_id: str, student_id: str
    ) -> datetime | None:
        course = self.coursedir
        folder = course.format_path(course.submitted_directory, student_id, assignment_id)
        return course.get_existing_timestamp(folder)

    return get_submitted_timestamp


def _with_ids(method: Callable) -> Callable:
    def get_submitted_students(self: NbGraderAPI, assignment_id: str) -> set[str]:
        return set(StudentIds(parent=self).known(method(self, assignment_id)))

    return get_submitted_students


def _where_there_is_something(method: Callable) -> Callable:
    def extract_archive_files(self: ZipCollectApp) -> None:
        steps = self.archive_directory, self.extracted_directory
        archive, extracted = map(self._format_collect_path, steps)
        if not any(os.path.isdir(place) and os.listdir(place) for place in (archive, extracted)):
            self.fail(f"Nothing is there to collect. Put the learning system's files in {archive}")
        method(self)

    return extract_archive_files


def _or_it_is_said(method: Callable) -> Callable:
    """Files are looked at together first; that none of them could be collected is an error."""

    def _collect_files(self: ZipCollectApp, src_files: list[str]) -> dict[str, dict[str, Any]]:
        course, collector = self.coursedir, self.collector_plugin_inst
        root = self._format_collect_path(self.extracted_directory)
        folder = course.format_path(course.release_directory, ".", course.assignment_id)
        released = [PurePath(file).stem for file in find_all_notebooks(folder)]
        if isinstance(collector, Collector) and not collector.named_regexp:
            try:
                owners = Owners.of(course, course.assignment_id)
            except TableError as error:
                self.fail(f"{error}")
            collector.look_at(src_files, root, owners, released)
        collected = method(self, src_files)
        if not collected:
            names = [plain_line(PurePath(file).relative_to(root)) for file in src_files]
            shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
            self.fail(
                f"No file was collected of {len(names)} in {root}: {shown}. Names should look like "
                f"{EXAMPLES.format((released or ['toy'])[0])}, of students whom the gradebook and "
                "roster.json know; for other names say c.Collector.named_regexp. What was wrong "
                "with each is said above. Then run the command again with --force."
            )
        return collected

    return _collect_files


def _one_by_one(method: Callable) -> Callable:
    """Files from a learning system's archive go to the folders of students, one student at a time.

    Whose they are, and what they are called there, stands in names that students chose.
    """

    def _transfer_files(self: ZipCollectApp, collected_data: dict[str, dict[str, Any]]) -> None:
        course = self.coursedir
        for student in StudentIds(parent=self).known(collected_data):
            files = collected_data[student]
            folder = course.format_path(course.submitted_directory, student, course.assignment_id)
            try:
                for file in files["dest_files"]:
                    if ".." in PurePath(file).relative_to(folder).parts:
                        raise ValueError(f"{file} leads out of the student's folder")
                method(self, {student: files})
            except (OSError, ValueError) as error:
                self.log.error("Not collected from %s: %s", student, plain_line(error))

    return _transfer_files
