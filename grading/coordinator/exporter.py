"""How `nbgrader autograde` reads submissions: `c.Autograde.exporter_class = SubmissionExporter`.

nbgrader grades in two steps: it sanitizes each handed-in notebook into `autograded/`, then runs
that copy. Here whatever a student handed in, a notebook of the instructor's making is what is run,
which needs sanitizing once for all; so each is read, judged, stored and written in one step.
"""

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import setenv

from grading.coordinator.assignment import Assignment, NotGradableError
from grading.coordinator.farm import Farm, RunEndedError
from grading.coordinator.folder import NoCopyError
from grading.coordinator.gradebook import kept_open
from grading.coordinator.students import StudentIds
from grading.coordinator.submission import HandedIn
from grading.coordinator.summary import Summary
from grading.coordinator.workers import NoWorkersError

GRADED = "Graded in this run"
FLAGGED = "... of them flagged for you, see the formgrader"
UNREADABLE = "... of them 0 points, for what was handed in can't be read"
NO_NOTEBOOK = "... of them 0 points, for no notebook of the assignment was handed in"
BEFORE = "Graded before, and left as they are"
NOTHING = "In the gradebook, but handed in nothing"
FAILED = "NOT graded: the next run tries again"

INTERRUPTED = "The run was interrupted."
FULL = (
    "This machine can't store what is handed in and graded: {why}. Please make room in the "
    "course's folder and in {temporary}, and run the command again; it grades who isn't graded yet."
)


@contextlib.contextmanager
def _ending_where_full() -> Iterator[None]:
    """Ends the run where this machine can't store anything: so it would be with everybody."""
    try:
        try:
            yield
        except OSError as error:
            NoCopyError.check(error)
            raise
    except NoCopyError as error:
        told = FULL.format(why=error.__cause__, temporary=tempfile.gettempdir())
        raise RunEndedError(told) from error


class SubmissionExporter(NotebookExporter):
    """Rebuilds submissions as it reads them; around the whole run, gets it ready and ends it.

    Getting ready means: a student whose folder holds no notebook is graded, too; what a killed run
    left half-graded, and what was handed in anew, is dropped, so that it is graded again. In the
    place of what was handed in nbgrader finds copies without links, special files, or a time stamp
    that nobody can read. A folder whose name is no student's id is named, and left alone.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        coursedir = self.converter.coursedir
        kept = self.converter.exclude_overwriting.get(coursedir.assignment_id, [])
        self._assignment = Assignment(coursedir, kept, self.config, self.log)
        self._inbox = self._assignment.inbox
        self._ids = StudentIds(config=self.config, log=self.log)
        self._students: dict[str, str] = {}  # {path of the copy: whose it is}
        self._recorded: set[tuple[str, str]] = set()
        self._summary = Summary(
            *(GRADED, FLAGGED, UNREADABLE, NO_NOTEBOOK, BEFORE, NOTHING, FAILED)
        )
        self._outdated: dict[str, list[Path]] = {}  # what is graded again, by its student
        self.farm = Farm(self._assignment, config=self.config, log=self.log)
        self.optimistic_validation = True  # of the notebook that is written, not of each step's
        # nbgrader has no hook around a run, so its loop over the submissions is put into one.
        self.converter.convert_notebooks = self._as_a_run(self.converter.convert_notebooks)
        self.converter.init_assignment = _ending_where_full()(self.converter.init_assignment)
        self.converter.init_destination = self._with_a_copy(self.converter.init_destination)
        self.converter.convert_single_notebook = _ending_where_full()(self._grade)

    @property
    def converter(self) -> Autograde:
        """nbgrader's own, which made this exporter."""
        return cast(Autograde, self.parent)

    def _as_a_run(self, convert: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            """Raises NbGraderException: the assignment can't be graded, or no worker can do it."""
            try:
                with kept_open(), self._inbox.in_place():
                    self._choose_steps()
                    self._prepare()
                    upcoming = self._upcoming()
                    runs = self.config.Execute.get("enabled", True)
                    with self.farm.at_work(upcoming if runs else []):
                        self._drop_outdated()
                        try:
                            convert()
                        finally:
                            self._tell({student for student, _ in upcoming})
            except (NotGradableError, NoWorkersError, RunEndedError) as error:
                self.log.error(str(error))  # nbgrader ends silently on its own exception
                raise NbGraderException(str(error)) from error
            except KeyboardInterrupt:
                raise NbGraderException(INTERRUPTED) from None

        return run

    def _choose_steps(self) -> None:
        """Has nbgrader's sanitizing steps done on the instructor's notebook; of a student's only
        those that a course has added."""
        common = self.converter.class_traits()["sanitize_preprocessors"].default()
        steps = self.converter.sanitize_preprocessors
        self._assignment.sanitized_by = [step for step in steps if step in common]
        added = [step for step in steps if step not in common]
        self._preprocessors = []
        for step in [*added, *self.converter.autograde_preprocessors]:
            self.register_preprocessor(step)

    def _with_a_copy(self, decide: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
        """Makes the copy of a student whom nbgrader comes to; that of the one before goes."""
        before = ""

        def wanted(assignment: str, student: str) -> bool:
            nonlocal before
            if before:
                self._inbox.drop(before)
            before = student
            self._inbox.take_stamp(student)
            if not decide(assignment, student):
                return False
            with _ending_where_full():
                if told := self._inbox.take(student).told:
                    self.log.warning("%s: %s", student, told)
            return True

        return wanted

    def _prepare(self) -> None:
        coursedir, notebooks = self.converter.coursedir, self._assignment.notebooks()
        self.converter.assignments.clear()
        self._students.clear()
        self._recorded = self._assignment.recorded()
        self._outdated.clear()
        for student in self._ids.known(self._inbox.students(coursedir.student_id)):
            self._outdated[student] = self._to_grade_again(student, notebooks)
            folder = str(self._inbox.folder(student))
            self._students[folder] = student
            files = [os.path.join(folder, f"{name}.ipynb") for name in notebooks]
            self.converter.assignments[folder] = files

    def _to_grade_again(self, student: str, notebooks: list[str]) -> list[Path]:
        """The graded notebooks of a student that this run replaces."""
        graded = self._assignment.graded_folder(student)
        found: list[Path] = []
        if not os.path.exists(graded):
            return found
        for name in notebooks:
            file = Path(graded, f"{name}.ipynb")
            if not (why := self._why_again(HandedIn.of_file(file), student, name)):
                continue
            self.log.warning("%s %s; it will be graded again", file, why)
            if self.converter.coursedir.notebook_id == "*":
                return [Path(graded, f"{name}.ipynb") for name in notebooks]
            found.append(file)
        return found

    def _drop_outdated(self) -> None:
        """Forgets what is graded again, now that it can be."""
        for student, files in self._outdated.items():
            if files and self.converter.coursedir.notebook_id == "*":
                shutil.rmtree(self._assignment.graded_folder(student))
                continue
            for file in files:
                file.unlink(missing_ok=True)

    def _why_again(self, graded: HandedIn, student: str, notebook: str) -> str:
        """Why a notebook has to be graded again; "" where it hasn't."""
        if not graded.finished or (student, notebook) not in self._recorded:
            return "was left half-graded"
        if graded.digest and graded.digest != self._inbox.digest(student):
            return "is not what is handed in now"
        return ""

    def _upcoming(self) -> list[tuple[str, str]]:
        """What is going to be graded, as (student, notebook), in nbgrader's order."""
        found = []
        for folder in sorted(self.converter.assignments):
            student = self._students[folder]
            for file in sorted(self.converter.assignments[folder]):
                graded = Path(self._assignment.graded_folder(student), os.path.basename(file))
                again = self.converter.force or graded in self._outdated[student]
                if again or not graded.exists():
                    found.append((student, Path(file).stem))
        return found

    def _grade(self, filename: str) -> None:
        """Judges a notebook, and writes it and its grades; it never raises for being bad."""
        resources = self.converter.init_single_notebook_resources(filename)
        names = resources["nbgrader"]
        self.log.debug("Autograding %s of %s", names["notebook"], names["student"])
        notebook = self._assignment.rebuilt(names["student"], names["notebook"])
        handed_in = replace(HandedIn.of(notebook), digest=self._inbox.digest(names["student"]))
        handed_in.write(notebook)
        if handed_in.problem:
            there = os.path.exists(filename)
            self._summary.note(UNREADABLE if there else NO_NOTEBOOK, names["student"])
        resources["metadata"] = {"name": names["notebook"], "path": os.path.dirname(filename)}
        with setenv(NBGRADER_EXECUTION="autograde"):
            graded, resources = self.from_notebook_node(notebook, resources=resources)
        self.converter.write_single_notebook(graded, resources)
        self._summary.note(GRADED, names["student"])
        if resources.get("course_flagged"):
            self._summary.note(FLAGGED, names["student"])

    def _tell(self, upcoming: set[str]) -> None:
        """Says at the end of a run what became of whose work."""
        told = self._summary
        told.note(FAILED, *sorted(upcoming - set(told[GRADED])))
        told.note(BEFORE, *sorted(set(self._students.values()) - upcoming))
        coursedir = self.converter.coursedir
        if coursedir.student_id == "*":
            with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                known = {student.id for student in gradebook.students}
            told.note(NOTHING, *sorted(known - set(self._students.values())))
        for line in told.lines():
            self.log.log(logging.ERROR if line.startswith(FAILED) else logging.INFO, line)
