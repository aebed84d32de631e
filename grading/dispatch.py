"""`nbgrader autograde` with judges: has each notebook run and judged by a worker.

The student's cells run in the student's kernel. Test cells run in a trusted process (`trusted`),
which reaches the student's functions by proxy; so no code of a student's ever runs where points are
given. What a test cell comes to is one verdict, and the verdict alone makes the cell's outputs.
"""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import Execute

from grading.judge import Judge
from grading.submission_exporter import MARK, SubmissionExporter


class Dispatch(Execute):
    """Takes the place of `Execute` in `c.Autograde.autograde_preprocessors`."""

    def __call__(self, nb: NotebookNode, resources: ResourcesDict):
        if not isinstance(self.parent, SubmissionExporter):
            raise RuntimeError(
                "Dispatch needs c.Autograde.exporter_class = "
                "'grading.submission_exporter.SubmissionExporter'"
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
