"""The feedback page: its template, and what that needs beside the cleaned notebook."""

import html
import re
from pathlib import Path

from nbconvert import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from pygments.formatters import HtmlFormatter
from traitlets import Bool
from traitlets.config import Config

from grading.mathml import to_mathml
from grading.submission import grade_id, is_solution, is_test

CLAIM = re.compile(r"with check\(\s*f?\"(.+?)\"\s*\)", re.S)
PASSED = "All of it holds."
COLOURS = "xcode"  # each of its colours stands out from the page by 4.5 to 1 or more
TEMPLATES = str(Path(__file__).parent / "templates")


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML with this course's template; pages of the formgrader keep their own."""

    @property
    def default_config(self):
        own = {"template_name": "course-feedback", "extra_template_basedirs": [TEMPLATES]}
        config = Config(super().default_config)
        config.merge(Config(FeedbackExporter=own))
        return config


class FeedbackPage(Preprocessor):
    """Follows `CleanFeedback` in `c.GenerateFeedback.preprocessors`.

    Each test cell gets what it tests and what it found as lists of sentences, formulas become
    MathML, and of the comments only the instructor's stay: the grader's repeat the messages.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Prepares a cleaned notebook for the template `course-feedback`."""
        resources["course_feedback"] = {
            "pygments": HtmlFormatter(style=COLOURS).get_style_defs(".highlight")
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
                automatic = comment.startswith("<div>")
                cell.metadata["course_feedback"] = {
                    "comment": "" if automatic else to_mathml(comment)
                }
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
