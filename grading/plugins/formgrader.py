"""The instructor's browser, in which the formgrader shows what students have handed in.

nbgrader's page of a submission has scripts that find the instructor's fields by class and id, and
hands out the other files of a submission under its own address. So of a student's text this page
gets known harmless elements only, of outputs plain text and pictures, and a browser takes the files
for a stranger's. Formulas are MathML, which a browser shows by itself: MathJax, which nbgrader's
page loads from the internet, isn't needed. The formgrader has no hook for it, and reads the
course's configuration again and again: `install`, from nbgrader_config.py, changes two of its
handlers.
"""

import html
import sys
from copy import deepcopy
from typing import Any

from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat.notebooknode import NotebookNode

from grading.coordinator.submission import is_theirs
from grading.feedback.mathml import CSS as MATH_CSS, to_mathml
from grading.feedback.theirs import as_safe_html

HANDLERS = "nbgrader.server_extensions.formgrader.handlers"
# What a browser does with a file of a student's: it runs no script, and knows no cookie.
NO_SCRIPTS = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
SHOWN = {"text/plain", "image/png", "image/jpeg"}
NAMES = (
    "student",
    "last_name",
    "first_name",
    "notebook_path",
)  # which the template has as they are
# Nothing in it lies over what is around it.
FRAME = '<div class="from-student">{}</div>'
STYLE = (
    "<style>.from-student { contain: paint; overflow: auto; } img { border: none; }"
    f" {MATH_CSS}</style>"
)
# nbgrader's script goes to the field of the address once MathJax has ended: here, once points and
# comments are in the fields.
ENDED = """<script>
  window.MathJax = {Hub: {Startup: {signal: {
    Interest: (tell) => $(document).one("ajaxStop", () => tell("End"))
  } } } };
</script>"""
NO_MATHJAX = DictLoader({"mathjax.html.j2": f"{{% macro mathjax(url) %}}{ENDED}{{% endmacro %}}"})
NOT_MARKDOWN = {ord(char): f"&#{ord(char)};" for char in "\n\\$"}


def install() -> None:
    """Has the formgrader of this process, if it is one, show submissions without what is active."""
    handlers: Any = sys.modules.get(HANDLERS)
    if handlers:
        handlers.SubmissionHandler.exporter = property(_exporter)
        handlers.SubmissionFilesHandler.set_extra_headers = _set_extra_headers


class SubmissionPage(HTMLExporter):
    """The exporter of the formgrader's page of a submission."""

    def __init__(self, **options: Any):
        super().__init__(extra_loaders=[NO_MATHJAX], **options)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page, and what nbconvert says of it."""
        given = resources or {}
        named = {name: html.escape(given[name]) for name in NAMES if given.get(name)}
        page, said = super().from_notebook_node(harmless(nb), {**given, **named}, **kw)
        return page.replace("</head>", f"{STYLE}</head>", 1), said


def harmless(nb: NotebookNode) -> NotebookNode:
    """A copy of a graded notebook: nothing of a student's is active, and formulas are MathML."""
    nb = deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                if "data" in output:
                    output.data = {k: v for k, v in output.data.items() if k in SHOWN}
        elif is_theirs(cell):
            # One line of HTML, in which Markdown finds nothing of its own.
            shown = as_safe_html(cell.source, cell.pop("attachments", {}))
            cell.source = FRAME.format(shown.translate(NOT_MARKDOWN))
        elif cell.cell_type == "markdown":
            cell.source = to_mathml(cell.source)
    return nb


def _exporter(handler: Any) -> HTMLExporter:
    """Takes the place of the handler's property, which gives the exporter of the whole server."""
    settings = handler.settings
    if not isinstance(settings["nbgrader_exporter"], SubmissionPage):
        settings["nbgrader_exporter"] = SubmissionPage(config=settings["nbgrader_exporter"].config)
    return settings["nbgrader_exporter"]


def _set_extra_headers(handler: Any, path: str) -> None:
    handler.set_header("Content-Security-Policy", NO_SCRIPTS)
    handler.set_header("X-Content-Type-Options", "nosniff")
