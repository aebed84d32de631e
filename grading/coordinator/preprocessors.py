"""nbgrader's steps of `nbgrader autograde` in which a notebook is judged and its verdicts stored.

The student's cells run in the student's kernel. Test cells run in a trusted process, which reaches
the student's functions by proxy; so no code of a student's ever runs where points are given. What a
test cell comes to is one verdict, and the verdict alone makes the cell's outputs.
"""

from dataclasses import replace
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
)
from nbgrader.preprocessors import Execute, SaveAutoGrades

from grading.cells import grade_id, is_solution
from grading.coordinator.exporter import SubmissionExporter
from grading.coordinator.submission import HandedIn, is_theirs
from grading.judge.outputs import leave_unrun, stored_bytes, within
from grading.verdict import Status, note_of, verdict_of

INSIDE = "was judged inside the student's own process, which could have forged its verdict"
LONGEST_COMMENT = 8_000  # characters
TEXT_BYTES = 1_000_000  # of all that a student has written in a graded notebook's cells
LEFT_OUT = "[{} characters more are left out here. The submitted notebook has all of this cell.]"


class Dispatch(Execute):
    """Takes the place of `Execute` in `c.Autograde.autograde_preprocessors`."""

    def __call__(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        if not isinstance(self.parent, SubmissionExporter):
            raise RuntimeError(
                "Dispatch needs c.Autograde.exporter_class = "
                "'grading.coordinator.exporter.SubmissionExporter'"
            )
        problem = HandedIn.of(nb).problem
        if problem or not self.enabled:  # with --no-execute nothing has run, so nothing has passed
            leave_unrun(nb, problem)
        else:
            nb, resources = self.preprocess(nb, resources)
        _shorten(nb)
        return nb, resources

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict, km: Any = None
    ) -> tuple[NotebookNode, ResourcesDict]:
        """The notebook as it was run and judged, with outputs and verdicts."""
        names = resources["nbgrader"]
        outcome = self.parent.farm.outcome(nb, names["student"], names["notebook"])
        # Which may have been handed out before this was read.
        replace(HandedIn.of(nb), unsandboxed=outcome.unsandboxed).write(outcome.nb)
        return outcome.nb, resources


def _shorten(nb: NotebookNode) -> None:
    """Leaves out of a notebook that has been run what is too long in the student's cells.

    Answers come first, so that no cell of the student's own takes the room that they need.
    """
    room = TEXT_BYTES
    for cell in sorted(filter(is_theirs, nb.cells), key=lambda cell: not is_solution(cell)):
        kept = within(cell.source, room)
        room -= stored_bytes(kept)
        if rest := len(cell.source) - len(kept):
            told = LEFT_OUT.format(f"{rest:,}")
            cell.source = f"{kept}\n# {told}" if cell.cell_type == "code" else f"{kept}\n\n{told}"


class SaveVerdicts(SaveAutoGrades):
    """Stores what grading came to: points, as nbgrader does, comments on failed answers, and flags.

    The comment goes to the answer before the failed test, as nbgrader shows comments on answers
    only. What is doubtful about the whole notebook is said at its first answer, and flags the tests
    that lost points, or the first test. A comment or a grade that a human gave is left alone. At
    last the notebook is marked as finished: one without the mark is graded again.
    """

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Stores the points and verdicts of a judged notebook, all of them or none."""
        names = resources["nbgrader"]
        self.notebook_id, self.assignment_id = names["notebook"], names["assignment"]
        self.student_id = names["student"]
        doubt = HandedIn.of(nb).doubt
        if doubt:
            self.log.warning("%s of %s: %s", self.notebook_id, self.student_id, doubt)
        with Gradebook(names["db_url"]) as gradebook:
            stored = _Stored(gradebook, self.notebook_id, self.assignment_id, self.student_id)
            self.gradebook = stored
            for index, cell in enumerate(nb.cells):
                self.preprocess_cell(cell, resources, index)
            for answer, messages in _told(nb, doubt).items():
                comment = stored.find_comment(answer)
                comment.auto_comment = "\n\n".join(dict.fromkeys(messages))[:LONGEST_COMMENT]
            resources["course_flagged"] = flagged = _flagged(nb, doubt)
            for test in flagged:
                stored.find_grade(test).needs_manual_grade = True
            gradebook.db.commit()
        replace(HandedIn.of(nb), finished=True).write(nb)
        return nb, resources


class _Stored:
    """A submitted notebook in the gradebook, read in three queries and written at once.

    `SaveAutoGrades` asks a gradebook for each grade and comment, and ends a transaction after each:
    what it asks for is the same here, but the end is its user's. `db` has its `commit`.
    """

    def __init__(self, gradebook: Gradebook, notebook: str, assignment: str, student: str):
        self.db = self
        found = gradebook.find_submission_notebook(notebook, assignment, student)
        self._whose = f"{assignment}/{notebook} of {student}"
        self._grades, self._comments = (
            {
                name: one
                for one, name in gradebook.db.query(kind, BaseCell.name)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .filter(kind.notebook_id == found.id)
            }
            for kind in (Grade, Comment)
        )

    def commit(self) -> None:
        """Leaves what has changed to the end."""

    def find_grade(self, cell: str, *_: str) -> Grade:
        """The grade of a test, an answer or a task. Raises MissingEntry."""
        return self._found(self._grades, cell)

    def find_comment(self, cell: str, *_: str) -> Comment:
        """The comment on an answer or a task. Raises MissingEntry."""
        return self._found(self._comments, cell)

    def _found(self, among: dict[str, Any], cell: str) -> Any:
        if cell not in among:
            raise MissingEntry(f"The gradebook has no cell {cell!r} in {self._whose}")
        return among[cell]


def _told(nb: NotebookNode, doubt: str) -> dict[str, list[str]]:
    """What there is to say of each answer: how its cell ended, and the tests after it that fail.

    A student's own cell counts to the answer before it, or else to the first.
    """
    found: dict[str, list[str]] = {}
    answer = next((grade_id(cell) for cell in filter(is_solution, nb.cells)), None)
    if doubt and answer:
        found[answer] = [f"For whoever grades: {doubt}"]
    for cell in nb.cells:
        if is_solution(cell):
            answer = grade_id(cell)
        told = [note_of(cell)]
        if verdict := verdict_of(cell):
            told = [verdict.told, *([f"`{verdict.test}` {INSIDE}."] if verdict.inside else [])]
            if verdict.status is Status.PASSED and verdict.manual:
                told.append(f"For whoever grades: {verdict.manual}")
        if answer and any(told):
            found.setdefault(answer, []).extend(filter(None, told))
    return found


def _flagged(nb: NotebookNode, doubt: str) -> set[str]:
    """The tests that a human should look at."""
    verdicts = [verdict for cell in nb.cells if (verdict := verdict_of(cell))]
    flagged = {verdict.test for verdict in verdicts if verdict.manual}
    if doubt:
        failed = [verdict for verdict in verdicts if verdict.points < verdict.most]
        flagged |= {verdict.test for verdict in failed or verdicts[:1]}
    return flagged
