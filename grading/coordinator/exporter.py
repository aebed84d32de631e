"""How `nbgrader autograde` reads submissions: `c.Autograde.exporter_class = SubmissionExporter`.

nbgrader grades in two steps: it sanitizes each handed-in notebook into `autograded/`, then runs
that copy. This exporter takes over the reading in the first step, so that whatever a student
handed in, a notebook of the instructor's making is what is run.
"""

import glob
import json
import os
import re
import shutil
import stat
import weakref
from fnmatch import fnmatch
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearOutput, ClearSolutions, LockCells
from nbgrader.utils import find_all_files, parse_utc

from grading.coordinator import submission
from grading.coordinator.farm import Farm
from grading.names import bound_names

MARK = "grading"  # our entry in a graded notebook's metadata
LONGEST_TIMESTAMP = 1000  # bytes


class SubmissionExporter(NotebookExporter):
    """Rebuilds submissions as it reads them, and gets the run ready when it is made.

    Getting ready means: a student whose folder holds no notebook is graded, too; what a killed run
    left half-graded is dropped, so that it is graded again; links and special files that a student
    handed in are removed, and so is a time stamp that nobody can read.

    Raises:
        NbGraderException: the instructor's notebook is missing or isn't the one that was released;
            there are no workers of the kind that is asked for.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._known: set[str] = set()  # the names of the assignment's notebooks
        self._masters: dict[tuple[str, str], tuple] = {}
        self.farm = Farm(self)
        weakref.finalize(self, self.farm.close)
        converter = self.parent
        self.coursedir = converter.coursedir
        assignment = self.coursedir.assignment_id
        notebooks = self._notebooks(assignment)
        converter.assignments.clear()
        for folder in _folders(self.coursedir):
            tidy(folder, self.log)
            self._drop_half_graded(folder, assignment, notebooks)
            files = [os.path.join(folder, f"{name}.ipynb") for name in notebooks]
            converter.assignments[folder] = files
        if self.upcoming():
            try:
                self.farm.start()
            except ValueError as error:
                raise self._refusal(str(error)) from error

    # ---- the instructor's notebooks -------------------------------------------------------------

    def master(self, assignment: str, notebook: str):
        """The instructor's notebook as (with solutions, with stubs in their place)."""
        key = assignment, notebook
        if key not in self._masters:
            path = Path(self.source_folder(assignment)) / f"{notebook}.ipynb"
            if not path.is_file():
                raise self._refusal(f"There is no {path}: the assignment cannot be graded.")
            solved = nbformat.read(path, as_version=4)
            stubs, resources = nbformat.from_dict(solved), {}
            for step in (LockCells, ClearSolutions, ClearOutput):
                stubs, resources = step(parent=self).preprocess(stubs, resources)
            self._masters[key] = solved, stubs
        return self._masters[key]

    @property
    def assignment(self) -> str:
        """The assignment that is graded."""
        return self.coursedir.assignment_id

    def source_folder(self, assignment: str) -> str:
        """The absolute path of the assignment's source folder."""
        folder = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment)
        return os.path.abspath(os.path.join(self.coursedir.root, folder))

    def allowed(self, notebook: str) -> set[str]:
        """The names that a notebook's answers define in the instructor's version."""
        solved, _ = self.master(self.assignment, notebook)
        answers = filter(submission.is_solution, solved.cells)
        return set().union(*(bound_names(cell.source) for cell in answers))

    def own_files(self, overwriting: bool = False) -> dict[str, str]:
        """The instructor's files beside the notebooks, as relative path -> path.

        overwriting: only those that nbgrader writes over what a student handed in.
        """
        kept = self.parent.exclude_overwriting.get(self.assignment, []) if overwriting else []
        found = _files(self.source_folder(self.assignment), self.coursedir.ignore)
        return {name: path for name, path in found.items() if name not in kept}

    def handed_in_files(self, student: str) -> dict[str, str]:
        """A student's files beside the notebooks, as relative path -> path."""
        return _files(self._submitted(student), self.coursedir.ignore)

    def rebuilt(self, student: str, notebook: str):
        """The notebook that is run for a student; None where there is nothing to run."""
        path = Path(self._submitted(student)) / f"{notebook}.ipynb"
        nb = self._rebuilt(path, {"assignment": self.assignment, "notebook": notebook})
        return None if "problem" in nb.metadata[MARK] else nb

    def upcoming(self) -> list[tuple[str, str]]:
        """What is going to be graded, as (student, notebook), in nbgrader's order."""
        found = []
        for folder in sorted(self.parent.assignments):
            student = self._student(folder)
            for file in sorted(self.parent.assignments[folder]):
                graded = os.path.join(self._graded(student), os.path.basename(file))
                if self.parent.force or not os.path.exists(graded):
                    found.append((student, Path(file).stem))
        return found

    def _student(self, folder: str) -> str:
        pattern = self.coursedir.format_path(
            self.coursedir.submitted_directory, "(?P<student>.*)", self.assignment, escape=True
        )
        return re.fullmatch(pattern, folder)["student"]

    def _submitted(self, student: str) -> str:
        directory = self.coursedir.submitted_directory
        return self.coursedir.format_path(directory, student, self.assignment)

    def _graded(self, student: str) -> str:
        directory = self.coursedir.autograded_directory
        return self.coursedir.format_path(directory, student, self.assignment)

    def _notebooks(self, assignment: str) -> list[str]:
        """The names of the notebooks to grade, each found to be as it was released."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                released = {
                    notebook.name: {cell.name for cell in notebook.source_cells}
                    for notebook in gradebook.find_assignment(assignment).notebooks
                }
            except MissingEntry:
                released = {}
        if not released:
            raise self._refusal(
                f"The gradebook knows no notebook of '{assignment}'. "
                f"Please run `nbgrader generate_assignment {assignment}` first."
            )
        self._known = set(released)
        for name, cells in released.items():
            _, stubs = self.master(assignment, name)
            if cells != {submission.grade_id(cell) for cell in stubs.cells} - {None}:
                raise self._refusal(
                    f"The cells of {name}.ipynb in the source folder are not those that were "
                    f"released. Please run `nbgrader generate_assignment {assignment}` again."
                )
        return sorted(name for name in released if fnmatch(name, self.coursedir.notebook_id))

    def _refusal(self, message: str) -> NbGraderException:
        self.log.error(message)  # nbgrader ends silently on its own exception
        return NbGraderException(message)

    # ---- the students' notebooks ----------------------------------------------------------------

    def from_filename(self, filename, resources=None, **kw):
        """Reads one notebook; a handed-in one is rebuilt, and never raises for being bad."""
        names = resources["nbgrader"]
        graded = self._graded(names["student"])
        folder = os.path.dirname(filename)
        if os.path.abspath(folder) == os.path.abspath(graded):
            return super().from_filename(filename, resources=resources, **kw)
        notebook = self._rebuilt(Path(filename), names)
        resources["metadata"] = {"name": names["notebook"], "path": folder}
        return self.from_notebook_node(notebook, resources=resources, **kw)

    def _rebuilt(self, path: Path, names: dict):
        _, stubs = self.master(names["assignment"], names["notebook"])
        mark = {}
        path, note = _renamed(path, self._known)
        if note:
            mark["note"] = note
        handed_in, problem = submission.read(path)
        try:
            notebook = submission.rebuild(stubs, handed_in) if handed_in else None
        except submission.UnreadableError as error:
            notebook, problem = None, str(error)
        if problem:
            self.log.warning("%s: %s", path, problem)
            mark["problem"] = problem
            notebook = nbformat.from_dict(stubs)
        notebook.metadata[MARK] = mark
        return notebook

    def _drop_half_graded(self, folder: str, assignment: str, notebooks: list[str]) -> None:
        """Forgets what a killed run left of a student, so that this run grades it again."""
        student = self._student(folder)
        graded = self._graded(student)
        if not os.path.exists(graded):
            return
        for name in notebooks:
            file = os.path.join(graded, f"{name}.ipynb")
            if _finished(file) and self._recorded(assignment, name, student):
                continue
            self.log.warning("%s was left half-graded; it will be graded again", file)
            if self.coursedir.notebook_id == "*":
                shutil.rmtree(graded)
                return
            Path(file).unlink(missing_ok=True)

    def _recorded(self, assignment: str, notebook: str, student: str) -> bool:
        """Whether the gradebook has a grade for every test cell of the notebook."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                grades = gradebook.find_submission_notebook(notebook, assignment, student).grades
            except MissingEntry:
                return False
            tests = [g for g in grades if g.cell.cell_type == "code"]
            return all(grade.auto_score is not None for grade in tests)


def tidy(folder: str, log) -> None:
    """Removes from a handed-in folder what is no plain file or folder, and an invalid time stamp.

    A link can point anywhere, reading a pipe never ends, and nbgrader gives up on a bad time stamp.
    """
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            mode = os.lstat(path).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or not os.access(path, os.R_OK):
                log.warning("Removing %s: it is a link, a special file, or not readable", path)
                os.remove(path)
    stamp = Path(folder) / "timestamp.txt"
    if stamp.is_dir():
        log.warning("Removing %s: it is a folder", stamp)
        shutil.rmtree(stamp)
    elif stamp.exists() and not _is_time(stamp):
        log.warning("Removing %s: it holds no date and time", stamp)
        stamp.unlink()


def _is_time(stamp: Path) -> bool:
    try:
        if stamp.stat().st_size > LONGEST_TIMESTAMP:
            return False
        parse_utc(stamp.read_text().strip())
    except Exception:  # whatever dateutil makes of it, nbgrader would fail, too
        return False
    return True


def _files(folder: str, ignore: list[str]) -> dict[str, str]:
    paths = find_all_files(folder, [*ignore, "*.ipynb"])
    return {os.path.relpath(path, folder): path for path in paths}


def _folders(coursedir) -> list[str]:
    pattern = coursedir.format_path(
        coursedir.submitted_directory, coursedir.student_id, coursedir.assignment_id
    )
    return sorted(filter(os.path.isdir, glob.glob(pattern)))


def _renamed(path: Path, known: set[str]) -> tuple[Path, str | None]:
    """The file to read for `path`: the folder's only unknown notebook where `path` is missing."""
    if path.exists():
        return path, None
    others = [file for file in path.parent.glob("*.ipynb") if file.stem not in known]
    if len(others) != 1:
        return path, None
    return others[0], f"This notebook was handed in as {others[0].name!r}, not as {path.name!r}."


def _finished(file: str) -> bool:
    try:
        with open(file, encoding="utf-8") as stream:
            return json.load(stream)["metadata"][MARK]["finished"] is True
    except (OSError, ValueError, LookupError, TypeError):
        return False
