"""One assignment: the instructor's notebooks and files, and what was handed in for it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cached_property
from logging import Logger
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions, LockCells
from nbgrader.utils import compute_checksum, find_all_files
from traitlets.config import Config

from grading.cells import grade_id, is_graded_by_hand, is_solution, is_test
from grading.coordinator import submission
from grading.coordinator.answers import Asked, name_of
from grading.coordinator.candidates import Candidate, candidates, files_in, told_files
from grading.coordinator.folder import NoCopyError, Taken
from grading.coordinator.inbox import Inbox
from grading.coordinator.marks import marks_of
from grading.coordinator.reading import AGAIN, UnreadableError
from grading.coordinator.submission import HandedIn, Rebuilt
from grading.names import bound_names, free_names
from grading.plan import Plan, plan

FILES = "Please hand in the notebook itself, in a folder of plain files."


class NotGradableError(Exception):
    """The assignment can't be graded as the course is now; the message says what to do."""


@dataclass(frozen=True)
class Master:
    """The instructor's notebook: with solutions, with stubs in their place, what is asked for."""

    solved: NotebookNode
    stubs: NotebookNode
    asked: Asked


@dataclass(frozen=True)
class Attempt:
    """A file that may be the notebook, and what came of reading it: a notebook, or a problem."""

    candidate: Candidate
    built: Rebuilt | None
    problem: str = ""


class Assignment:
    """The assignment that `coursedir` names.

    Args:
        kept_files: the instructor's files that don't replace those which a student handed in.
        config: of nbgrader's preprocessors that make the student version.

    Attributes:
        sanitized_by: steps of nbgrader's that an instructor's notebook goes through before a
            student's answers are put into it.
    """

    sanitized_by: Sequence[type[Preprocessor]] = ()

    def __init__(
        self, coursedir: CourseDirectory, kept_files: list[str], config: Config, log: Logger
    ):
        self.name: str = coursedir.assignment_id
        self._coursedir, self._kept_files = coursedir, kept_files
        self._config, self._log = config, log
        self.inbox = Inbox(coursedir)
        self._masters: dict[str, Master] = {}
        self._plans: dict[str, Plan] = {}
        self._ahead: dict[tuple[str, str], NotebookNode] = {}  # of students who aren't done with

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

    def private_folders(self) -> list[str]:
        """The course's folder, nbgrader's exchange and its cache: no student's code may see them,
        wherever they are."""
        exchange = Exchange(config=self._config)
        return [os.path.abspath(p) for p in (self._coursedir.root, exchange.root, exchange.cache)]

    def notebooks(self) -> list[str]:
        """The names of the notebooks to grade, each found to be as it was released.

        Raises:
            NotGradableError: none was released, one has changed since, or its tests can't be run.
        """
        if not self.released:
            raise NotGradableError(
                f"The gradebook knows no notebook of '{self.name}'. Please run "
                f"`{self._generate}` first."
            )
        for name, cells in self.released.items():
            if cells != {grade_id(cell) for cell in self.master(name).stubs.cells} - {None}:
                raise NotGradableError(
                    f"The cells of {name}.ipynb in the source folder are not those that were "
                    f"released. {self._way_back()}"
                )
        return sorted(name for name in self.released if fnmatch(name, self._coursedir.notebook_id))

    @property
    def _generate(self) -> str:
        """The command that makes the student version, whether there is one or not."""
        course = self._coursedir
        release = course.format_path(course.release_directory, ".", self.name)
        force = " --force" if os.path.isdir(release) else ""
        return f"nbgrader generate_assignment {self.name}{force}"

    def _way_back(self) -> str:
        """What to do where cells came or went after the release."""
        with Gradebook(self._coursedir.db_url, self._coursedir.course_id) as gradebook:
            handed_in = gradebook.find_assignment(self.name).submissions
            if not handed_in:
                return f"Please run `{self._generate}`."
        return (
            f"`python -m grading retest {self.name}` takes the new ones into use and grades "
            "everybody anew; what you gave by hand stays."
        )

    def master(self, notebook: str) -> Master:
        """The instructor's notebook. Raises `NotGradableError` where it is missing."""
        if notebook not in self._masters:
            path = Path(self.source_folder) / f"{notebook}.ipynb"
            if not path.is_file():
                raise NotGradableError(f"There is no {path}: the assignment cannot be graded.")
            solved = nbformat.read(path, as_version=4)
            stubs, resources = nbformat.from_dict(solved), self._resources(notebook)
            for step in (LockCells, ClearSolutions, ClearOutput):
                stubs, resources = step(config=self._config).preprocess(stubs, resources)
            for cell in filter(is_graded_by_hand, stubs.cells):  # what is left as it was earns 0
                cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
            for step in self.sanitized_by:
                stubs, resources = step(config=self._config).preprocess(stubs, resources)
            self._masters[notebook] = Master(solved, stubs, self._asked(solved, stubs))
        return self._masters[notebook]

    def _resources(self, notebook: str) -> ResourcesDict:
        """What nbgrader's steps want to know of a notebook."""
        names = {"assignment": self.name, "notebook": notebook, "db_url": self._coursedir.db_url}
        return ResourcesDict(nbgrader=names)

    def _asked(self, solved: NotebookNode, stubs: NotebookNode) -> Asked:
        """By what answers and cells are known whose names are lost."""
        released, _ = ClearHiddenTests(config=self._config).preprocess(
            nbformat.from_dict(stubs), ResourcesDict()
        )
        texts = {name: cell.source for cell in released.cells if (name := name_of(cell))}
        tests = [cell.source for cell in filter(is_test, solved.cells)]
        read = set().union(*(_names(free_names, source) for source in tests))
        names = {}
        for name, source in _answers_in_code(solved).items():
            defined = _names(bound_names, source)
            names[name] = frozenset(defined & read or defined)
        return Asked(names, texts)

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
        folder = self.source_folder
        paths = find_all_files(folder, [*self._coursedir.ignore, "*.ipynb"])
        found = {os.path.relpath(path, folder): path for path in paths}
        return {name: path for name, path in found.items() if name not in kept}

    # ---- the students' side ---------------------------------------------------------------------

    def graded_folder(self, student: str) -> str:
        """The path of a student's graded notebooks."""
        return self._coursedir.format_path(self._coursedir.autograded_directory, student, self.name)

    def submitted_files(self, student: str) -> dict[str, str]:
        """A student's files beside the notebooks, as relative path -> path of the copy."""
        folder = self.inbox.folder(student)
        names = [name for name in self.inbox.take(student).files if not name.endswith(".ipynb")]
        return {name: str(folder / name) for name in names}

    def rebuilt(self, student: str, notebook: str) -> NotebookNode:
        """The notebook to grade for a student, with the student's answers; a new one each time.

        Never raises for what was handed in: where that can't be read, the answers are stubs and the
        notebook's metadata say why (`HandedIn`).

        Raises:
            NoCopyError: this machine has no room to read it.
        """
        return self._ahead.pop((student, notebook), None) or self._read(student, notebook)

    def rebuilt_ahead(self, student: str, notebook: str) -> NotebookNode:
        """What `rebuilt` is going to return the next time; not to be changed."""
        nb = self._ahead[student, notebook] = self._read(student, notebook)
        return nb

    def _read(self, student: str, notebook: str) -> NotebookNode:
        master = self.master(notebook)
        try:
            nb, handed_in = self._rebuilt(master, student, notebook)
        except NoCopyError:
            raise
        except Exception as error:
            self._log.error("The %s of %s can't be read", notebook, student, exc_info=True)
            problem = f"What was handed in cannot be read ({type(error).__name__}). {AGAIN}"
            handed_in = HandedIn(problem=problem, doubt=problem)
            nb = nbformat.from_dict(master.stubs)
        if handed_in.problem:
            self._log.warning("%s of %s: %s", notebook, student, handed_in.problem)
        handed_in.write(nb)
        return nb

    def _rebuilt(
        self, master: Master, student: str, notebook: str
    ) -> tuple[NotebookNode, HandedIn]:
        taken = self.inbox.take(student)
        wanted = self.inbox.folder(student) / f"{notebook}.ipynb"
        tried = [self._attempt(master, c) for c in candidates(wanted, set(self.released))]
        answered = [attempt for attempt in tried if attempt.built and attempt.built.answers]
        readable = [attempt for attempt in tried if attempt.built]
        chosen = next(iter(answered or readable), None)
        if chosen is None or chosen.built is None:
            return nbformat.from_dict(master.stubs), _unreadable(wanted, tried, taken)
        handed_in = _handed_in(wanted, chosen, chosen.built, answered)
        note = " ".join(filter(None, [handed_in.note, taken.told]))
        return chosen.built.nb, replace(handed_in, note=note)

    def _attempt(self, master: Master, candidate: Candidate) -> Attempt:
        try:
            with candidate.file() as path:
                handed_in, problem = submission.read(path, candidate.shown)
            if handed_in is None:
                return Attempt(candidate, None, problem or "")
            return Attempt(candidate, submission.rebuild(master.stubs, handed_in, master.asked))
        except UnreadableError as error:
            return Attempt(candidate, None, str(error))

    def recorded(self) -> set[tuple[str, str]]:
        """Whose notebooks have a grade for every test cell in the gradebook: (student, notebook).

        What a human grades has none before that, and doesn't keep the others from being recorded.
        """
        with Gradebook(self._coursedir.db_url, self._coursedir.course_id) as gradebook:
            found = marks_of(gradebook, self.name)
        tests = {
            notebook: {
                grade_id(cell) for cell in self.master(notebook).stubs.cells if is_test(cell)
            }
            for notebook in self.released
        }
        return {
            (student, notebook)
            for (student, notebook), marks in found.items()
            if all(
                mark.automatic is not None
                for name, mark in marks.grades.items()
                if name in tests.get(notebook, ())
            )
        }


def _answers_in_code(nb: NotebookNode) -> dict[str, str]:
    """{name: text} of an instructor's answers; written ones are no code, and define nothing."""
    code = [cell for cell in nb.cells if cell.cell_type == "code" and is_solution(cell)]
    return {name: cell.source for cell in code if (name := grade_id(cell))}


def _names(of: Callable[[str], set[str]], source: str) -> set[str]:
    """The names of an instructor's cell; none where it is no plain Python."""
    try:
        return of(source)
    except SyntaxError:
        return set()


def _unreadable(wanted: Path, tried: list[Attempt], taken: Taken) -> HandedIn:
    """What there is to say where no file could be read as the notebook `wanted`."""
    if taken.problem:
        return HandedIn(problem=f"{taken.problem} {FILES}", doubt=taken.problem)
    if why := taken.left_out.get(wanted.name):
        return HandedIn(problem=f"{wanted.name} {why}. {AGAIN}", doubt=taken.told)
    if tried and tried[0].candidate.is_at(wanted):
        return HandedIn(problem=tried[0].problem)
    _, problem = submission.read(wanted)
    there = files_in(wanted.parent)
    others = told_files(there) if there or not taken.left_out else taken.told
    told = [problem or "", others, *(attempt.problem for attempt in tried[:1])]
    some = there or taken.left_out
    doubt = "No notebook could be read, but other files were handed in." if some else ""
    return HandedIn(problem=" ".join(filter(None, told)), doubt=doubt)


def _handed_in(wanted: Path, chosen: Attempt, built: Rebuilt, answered: list[Attempt]) -> HandedIn:
    """What there is to say of the file that is graded for the notebook `wanted`."""
    notes, doubts = list(built.notes), list(built.doubts)
    if not chosen.candidate.is_at(wanted):
        told = f"This notebook was handed in as {chosen.candidate.shown}, not as '{wanted.name}'."
        holds_none = " The file of that name holds no answers." if wanted.exists() else ""
        notes.insert(0, told + holds_none)
    # Another assignment's notebook may define the same names, but it has other cells.
    alike = [a for a in answered if a.built and 2 * a.built.known >= built.known]
    rivals = [a for a in alike if a.built and a.built.answers != built.answers]
    if rivals:
        told = ", ".join(attempt.candidate.shown for attempt in rivals)
        doubts.append(
            f"Several files hold different answers: {chosen.candidate.shown} was graded, and not "
            f"{told}."
        )
        notes.append(doubts[-1])
    return HandedIn(note=" ".join(notes), doubt=" ".join(doubts))
