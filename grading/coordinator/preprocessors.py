"""nbgrader's steps of `nbgrader autograde` in which a notebook is judged and its verdicts stored.

The student's cells run in the student's kernel. Test cells run in a trusted process, which reaches
the student's functions by proxy; so no code of a student's ever runs where points are given. What a
test cell comes to is one verdict, and the verdict alone makes the cell's outputs.
"""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, NbGraderPreprocessor

from grading.cells import grade_id, is_solution, is_test
from grading.coordinator.exporter import MARK, SubmissionExporter
from grading.judge.judge import Judge

LONGEST_COMMENT = 8_000  # characters


class Dispatch(Execute):
    """Takes the place of `Execute` in `c.Autograde.autograde_preprocessors`."""

    def __call__(self, nb: NotebookNode, resources: ResourcesDict):
        if not isinstance(self.parent, SubmissionExporter):
            raise RuntimeError(
                "Dispatch needs c.Autograde.exporter_class = "
                "'grading.coordinator.exporter.SubmissionExporter'"
            )
        problem = nb.metadata.get(MARK, {}).get("problem")
        if problem or not self.enabled:  # with --no-execute nothing has run, so nothing has passed
            Judge(parent=self).unrun(nb, resources, problem)
            return nb, resources
        return self.preprocess(nb, resources)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict, km=None):
        """Fills in outputs; `resources` get what `SaveVerdicts` writes down (see `Judge`)."""
        names = resources["nbgrader"]
        outcome = self.parent.farm.outcome(nb, names["student"], names["notebook"])
        for cell, result in zip(nb.cells, outcome["cells"], strict=True):
            cell.update(result)
        resources["grading"] = outcome["verdicts"]
        resources["grading_notes"] = outcome["notes"]
        return nb, resources


class SaveVerdicts(NbGraderPreprocessor):
    """Follows `SaveAutoGrades`: comments on answers that failed a test, and flags for a human.

    The comment goes to the answer before the failed test, as nbgrader shows comments on answers
    only. A comment or a grade that a human gave is left alone. At last the notebook is marked as
    finished: one without the mark is graded again.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Stores what `Judge` left in `resources["grading"]`."""
        names = resources["nbgrader"]
        place = names["notebook"], names["assignment"], names["student"]
        verdicts = resources.get("grading", {})
        with Gradebook(names["db_url"]) as gradebook:
            notes = resources.get("grading_notes", {})
            for answer, messages in _failures(nb, verdicts, notes).items():
                comment = gradebook.find_comment(answer, *place)
                comment.auto_comment = "\n\n".join(dict.fromkeys(messages))[:LONGEST_COMMENT]
            for test, verdict in verdicts.items():
                if verdict["manual"]:
                    gradebook.find_grade(test, *place).needs_manual_grade = True
            gradebook.db.commit()
        nb.metadata[MARK] = {**nb.metadata.get(MARK, {}), "finished": True}
        return nb, resources


def _failures(nb: NotebookNode, verdicts: dict, notes: dict) -> dict[str, list[str]]:
    """What there is to say of each answer: how its cell ended, and the tests after it that fail."""
    found: dict[str, list[str]] = {}
    answer = None
    for cell in nb.cells:
        if is_solution(cell):
            answer = grade_id(cell)
            if answer in notes:
                found[answer] = [notes[answer]]
        elif is_test(cell) and answer:
            message = verdicts.get(grade_id(cell), {}).get("message")
            if message:
                found.setdefault(answer, []).append(message)
    return found
