"""What nbgrader's own steps leave to be done for a student version."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor


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
