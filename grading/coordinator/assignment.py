"""One assignment: the instructor's notebooks and files, and what was handed in for it."""

import os
import re
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from logging import Logger
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions, LockCells
from nbgrader.utils import find_all_files
from traitlets.config import Config

from grading.cells import grade_id
from grading.coordinator import submission
from grading.coordinator.folder import find_notebook
from grading.coordinator.submission import HandedIn
from grading.plan import Plan, plan


class NotGradableError(Exception):
    """The assignment can't be graded as the course is now; the message says what to do."""


@dataclass(frozen=True)
class Master:
    """The instructor's notebook: with solutions, and with stubs in their place."""

    solved: NotebookNode
    stubs: NotebookNode


class Assignment:
    """The assignment that `coursedir` names.

    Args:
        kept_files: the instructor's files that don't replace those which a student handed in.
        config: of nbgrader's preprocessors that make the student version.
    """

    def __init__(
        self, coursedir: CourseDirectory, kept_files: list[str], config: Config, log: Logger
    ):
        self.name: str = coursedir.assignment_id
        self._coursedir, self._kept_files = coursedir, kept_files
        self._config, self._log = config, log
        self._masters: dict[str, Master] = {}
        self._plans: dict[str, Plan] = {}

    # ---- the instructor's side ------------------------------------------------------------------

    @cached_property
    def released(self) -> dict[str, set[str]]:
        """The names of the cells of each notebook that was released, from the gradebook."""
        with Gradebook(self._coursedir.db_url, self._coursedir.course_id) as gradebook:
            try:
                notebooks = gradebook.find_assignment(self.name).notebooks
            except MissingEntry:
                return {}
            return {nb.name: {cell.name for cell in nb.source_cells} for nb in notebooks}

    def notebooks(self) -> list[str]:
        """The names of the notebooks to grade, each found to be as it was released.

        Raises:
            NotGradableError: none was released, or one has changed since.
        """
        if not self.released:
            raise NotGradableError(
                f"The gradebook knows no notebook of '{self.name}'. "
                f"Please run `nbgrader generate_assignment {self.name}` first."
            )
        for name, cells in self.released.items():
            if cells != {grade_id(cell) for cell in self.master(name).stubs.cells} - {None}:
                raise NotGradableError(
                    f"The cells of {name}.ipynb in the source folder are not those that were "
                    f"released. Please run `nbgrader generate_assignment {self.name}` again."
                )
        return sorted(name for name in self.released if fnmatch(name, self._coursedir.notebook_id))

    def master(self, notebook: str) -> Master:
        """The instructor's notebook. Raises `NotGradableError` where it is missing."""
        if notebook not in self._masters:
            path = Path(self.source_folder) / f"{notebook}.ipynb"
            if not path.is_file():
                raise NotGradableError(f"There is no {path}: the assignment cannot be graded.")
            solved = nbformat.read(path, as_version=4)
            stubs, resources = nbformat.from_dict(solved), ResourcesDict()
            for step in (LockCells, ClearSolutions, ClearOutput):
                stubs, resources = step(config=self._config).preprocess(stubs, resources)
            self._masters[notebook] = Master(solved, stubs)
        return self._masters[notebook]

    def plan(self, notebook: str) -> Plan:
        """What the tests of a notebook need, as the instructor's version has it."""
        if notebook not in self._plans:
            hidden = ClearHiddenTests(config=self._config)
            marks = hidden.begin_test_delimeter, hidden.end_test_delimeter
            self._plans[notebook] = plan(self.master(notebook).solved, marks)
        return self._plans[notebook]

    @property
    def source_folder(self) -> str:
        """The absolute path of the assignment's source folder."""
        directory = self._coursedir.source_directory
        folder = self._coursedir.format_path(directory, ".", self.name)
        return os.path.abspath(os.path.join(self._coursedir.root, folder))

    def own_files(self, overwriting: bool = False) -> dict[str, str]:
        """The instructor's files beside the notebooks, as relative path -> path.

        overwriting: only those that nbgrader writes over what a student handed in.
        """
        kept = self._kept_files if overwriting else []
        found = self._files(self.source_folder)
        return {name: path for name, path in found.items() if name not in kept}

    # ---- the students' side ---------------------------------------------------------------------

    def submitted_folder(self, student: str) -> str:
        """The path of what a student handed in."""
        return self._coursedir.format_path(self._coursedir.submitted_directory, student, self.name)

    def graded_folder(self, student: str) -> str:
        """The path of a student's graded notebooks."""
        return self._coursedir.format_path(self._coursedir.autograded_directory, student, self.name)

    def student_of(self, folder: str) -> str:
        """Whose submission a folder holds."""
        directory = self._coursedir.submitted_directory
        pattern = self._coursedir.format_path(directory, "(.*)", self.name, escape=True)
        (student,) = re.findall(f"^{pattern}$", folder)
        return student

    def submitted_files(self, student: str) -> dict[str, str]:
        """A student's files beside the notebooks, as relative path -> path."""
        return self._files(self.submitted_folder(student))

    def rebuilt(self, student: str, notebook: str) -> NotebookNode:
        """The notebook to grade for a student, with the student's answers.

        Never raises for what was handed in: where that can't be read, the answers are stubs and the
        notebook's metadata say why (`HandedIn`).
        """
        stubs = self.master(notebook).stubs
        wanted = Path(self.submitted_folder(student)) / f"{notebook}.ipynb"
        path, note = find_notebook(wanted, set(self.released))
        handed_in, problem = submission.read(path)
        nb = None
        if handed_in:
            try:
                nb = submission.rebuild(stubs, handed_in)
            except submission.UnreadableError as error:
                problem = str(error)
        if problem:
            self._log.warning("%s: %s", path, problem)
        nb = nb or nbformat.from_dict(stubs)
        HandedIn(note=note, problem=problem or "").write(nb)
        return nb

    def is_recorded(self, student: str, notebook: str) -> bool:
        """Whether the gradebook has a grade for every test cell of a student's notebook."""
        with Gradebook(self._coursedir.db_url, self._coursedir.course_id) as gradebook:
            try:
                grades = gradebook.find_submission_notebook(notebook, self.name, student).grades
            except MissingEntry:
                return False
            tests = [grade for grade in grades if grade.cell.cell_type == "code"]
            return all(grade.auto_score is not None for grade in tests)

    def _files(self, folder: str) -> dict[str, str]:
        paths = find_all_files(folder, [*self._coursedir.ignore, "*.ipynb"])
        return {os.path.relpath(path, folder): path for path in paths}
