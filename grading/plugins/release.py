"""What nbgrader's own steps leave to be done for a student version."""

from typing import Any, cast

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.coordinator.assignment import Assignment
from grading.coordinator.check import check
from grading.coordinator.farm import Farm


class RunToTheEnd(NbGraderPreprocessor):
    """Lets a released notebook run from top to bottom, even where nothing is solved yet.

    JupyterLab's "Run All" stops at the first error, except in cells with this tag. Every cell that
    may need an answer gets it; the solutions don't, since there an error is an error.
    """

    tag = "raises-exception"

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Tags the cells of a notebook, in place."""
        answers_begin = False
        for cell in nb.cells:
            answers_begin = answers_begin or utils.is_solution(cell)
            tags = cell.metadata.get("tags", [])
            if answers_begin and cell.cell_type == "code" and self.tag not in tags:
                cell.metadata.tags = [*tags, self.tag]
        return nb, resources


class CheckTests(NbGraderPreprocessor):
    """Says which test cells can't be judged: see `grading.coordinator.check`.

    The student version is made all the same. `c.CheckTests.enabled = False` switches it off, for a
    course whose solutions take long; `python -m grading check` does it when it is asked to.
    """

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Judges the source of a notebook and its student version; leaves the notebook alone."""
        name = resources["nbgrader"]["notebook"]
        if resources.setdefault("tests_checked", False):  # nbgrader may read its settings twice
            return nb, resources
        resources["tests_checked"] = True
        coursedir = cast(Any, self.parent).parent.coursedir  # of nbgrader's command
        try:
            assignment = Assignment(coursedir, [], self.config, self.log)
            found = check(assignment, Farm(assignment, config=self.config, log=self.log), [name])
        except Exception as error:  # no reason to make no student version
            self.log.error("The tests of %s could not be checked: %s", name, error)
            return nb, resources
        for finding in found:
            self.log.error("%s", finding)
        return nb, resources
