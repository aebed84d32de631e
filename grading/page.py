"""What the feedback page needs beside the cleaned notebook: messages, claims, formulas, colours."""

import html
import re

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from pygments.formatters import HtmlFormatter
from traitlets import Bool

from grading.mathml import to_mathml
from grading.submission import grade_id, is_solution, is_test

CLAIM = re.compile(r"with check\(\s*f?\"(.+?)\"\s*\)", re.S)
PASSED = "All of it holds."


class FeedbackPage(Preprocessor):
    """Follows `CleanFeedback` in `c.GenerateFeedback.preprocessors`.

    Each test cell gets what it tests and what it found as lists of sentences, formulas become
    MathML, and the grader's own comments, which repeat the messages, are marked as automatic.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Prepares a cleaned notebook for the template `course-feedback`."""
        resources["course_feedback"] = {
            "pygments": HtmlFormatter(style="default").get_style_defs(".highlight")
        }
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = to_mathml(cell.source)
            elif is_test(cell):
                cell.metadata["course_feedback"] = {
                    "claims": CLAIM.findall(cell.source),
                    "messages": messages(cell),
                }
            elif is_solution(cell):
                comment = cell.metadata.nbgrader.get("comment") or ""
                cell.metadata["course_feedback"] = {"automatic": comment.startswith("<div>")}
        return nb, resources


def messages(cell: NotebookNode) -> list[str]:
    """The sentences that a test cell came to, as HTML: its failures, or that all is well."""
    lines = []
    for output in cell.outputs:
        if output.output_type == "error":
            lines += output.evalue.splitlines()
    prefix = f"{grade_id(cell)}: "
    lines = [line.removeprefix(prefix).removeprefix("- ").strip() for line in lines]
    lines = [re.sub(r"\(seed \d+\)$", "", line).strip() for line in lines]
    shown = [line for line in lines if line] or [PASSED]
    return [re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line)) for line in shown]
