"""nbgrader's steps of `nbgrader autograde` in which a notebook is judged and its verdicts stored.

The student's cells run in the student's kernel. Test cells run in a trusted process, which reaches
the student's functions by proxy; so no code of a student's ever runs where points are given. What a
test cell comes to is one verdict, and the verdict alone makes the cell's outputs.
"""

from dataclasses import replace
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, NbGraderPreprocessor

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


class SaveVerdicts(NbGraderPreprocessor):
    """Follows `SaveAutoGrades`: comments on answers that failed a test, and flags for a human.

    The comment goes to the answer before the failed test, as nbgrader shows comments on answers
    only. What is doubtful about the whole notebook is said at its first answer, and flags the tests
    that lost points, or the first test. A comment or a grade that a human gave is left alone. At
    last the notebook is marked as finished: one without the mark is graded again.
    """

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Stores the verdicts of a judged notebook."""
        names = resources["nbgrader"]
        place = names["notebook"], names["assignment"], names["student"]
        doubt = HandedIn.of(nb).doubt
        if doubt:
            self.log.warning("%s of %s: %s", names["notebook"], names["student"], doubt)
        with Gradebook(names["db_url"]) as gradebook:
            for answer, messages in _told(nb, doubt).items():
                comment = gradebook.find_comment(answer, *place)
                comment.auto_comment = "\n\n".join(dict.fromkeys(messages))[:LONGEST_COMMENT]
            resources["course_flagged"] = flagged = _flagged(nb, doubt)
            for test in flagged:
                gradebook.find_grade(test, *place).needs_manual_grade = True
            gradebook.db.commit()
        replace(HandedIn.of(nb), finished=True).write(nb)
        return nb, resources


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
