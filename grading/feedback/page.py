"""What a student sees of the grading: points and messages on a page, never a hidden test."""

import html
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import Exporter, HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.converters.generate_feedback import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests
from pygments.formatters import HtmlFormatter
from traitlets import Bool, Integer
from traitlets.config import Config

from grading.cells import grade_id, is_graded_by_hand, is_solution, is_task, is_test
from grading.coordinator.marks import Marks
from grading.coordinator.submission import HandedIn, is_theirs
from grading.feedback.current import META
from grading.feedback.job import PageJob
from grading.feedback.mathml import CSS as MATH_CSS
from grading.feedback.mathml import to_mathml
from grading.feedback.pieces import lexer_of, show
from grading.feedback.run import FeedbackRun
from grading.verdict import Verdict, note_of, verdict_of

ALL_HOLDS = "All of it holds."
INSIDE = "This test was judged inside your own notebook's process."
UNKNOWN = "This was graded by an earlier version of the course, which kept no reasons."
COLOURS = "xcode"  # each of its colours stands out from the page by 4.5 to 1 or more
COLOURLESS = re.compile(r'<span class="[pw]">([^<]*)</span>')  # brackets, blanks: a tenth of a page
TEMPLATES = str(Path(__file__).parent / "templates")
FRAME = 200_000  # bytes of a page without its cells
CELL = 700  # bytes of a cell without what it holds

_EXPORTERS: dict[str, Exporter] = {}  # of this process, by what they are made of


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML with this course's template; pages of the formgrader keep their own.

    Where `nbgrader generate_feedback` makes it, `FeedbackRun` takes the place of nbgrader's loop.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, GenerateFeedback):
            self.parent.convert_notebooks = FeedbackRun(self.parent, make_page).run

    @property
    def default_config(self) -> Config:
        own = {"template_name": "course-feedback", "extra_template_basedirs": [TEMPLATES]}
        config = Config(super().default_config)
        config.merge(Config(FeedbackExporter=own))
        return config

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page, and what nbconvert says of it.

        `HTMLExporter` parses its page once more, for the attributes of nbconvert's own templates;
        that took more than half of the time, and this template has them.
        """
        self.register_filter("highlight_code", _highlighting(nb))
        return super(HTMLExporter, self).from_notebook_node(nb, self._init_resources(resources))


def _highlighting(nb: NotebookNode) -> Callable[..., str]:
    """nbconvert's highlighting of a notebook's code, of which only what has a colour is marked."""
    highlight = Highlight2HTML(pygments_lexer=lexer_of(nb))

    def highlight_code(source: str, **options: Any) -> str:
        return COLOURLESS.sub(r"\1", highlight(source, **options))

    return highlight_code


def make_page(job: PageJob) -> str:
    """The page of a graded notebook, as HTML. Needs nothing but what it is given."""
    key = repr((job.exporter, job.steps, job.config))
    if key not in _EXPORTERS:
        exporter = job.exporter(config=Config(job.config))
        for step in job.steps:
            exporter.register_preprocessor(step, enabled=True)
        _EXPORTERS[key] = exporter
    nb = nbformat.reads(job.graded.decode("utf-8"), as_version=4)
    names = {
        **{"student": job.student, "assignment": job.assignment, "notebook": job.notebook},
        **{"score": job.marks.score, "max_score": job.marks.max_score, "db_url": job.db_url},
        "late_penalty": job.marks.late_penalty or 0,
    }
    page, _ = _EXPORTERS[key].from_notebook_node(nb, {"nbgrader": names, "job": job})
    return str(page)


class FeedbackPage(Preprocessor):
    """Makes a page's contents; the last of `c.GenerateFeedback.preprocessors`.

    Of a test cell the page shows its verdict in sentences and the part of its source that students
    have; of an error its message, and of all that a student has put in a limited number of bytes.
    Formulas become MathML. Of the comments only the instructor's stay: the grader's repeat the
    verdicts. What a human grades, written answers and tasks, is shown with its points and comment.
    """

    enabled = Bool(True).tag(config=True)
    output_bytes = Integer(300_000, help="bytes of output shown of a cell").tag(config=True)
    page_bytes = Integer(5_000_000, help="bytes of a page, over all its cells").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Prepares a graded notebook for the template `course-feedback`."""
        job: PageJob = resources["job"]
        hidden = ClearHiddenTests(config=Config(ClearHiddenTests=self.config.ClearHiddenTests))
        for cell in nb.cells:
            name = grade_id(cell) or ""
            if mark := job.marks.grades.get(name):
                cell.metadata.nbgrader |= {"score": mark.score, "points": mark.max_score}
            if cell.cell_type == "markdown" and not is_theirs(cell):
                cell.source = _with_pictures(to_mathml(cell.source), cell)
            elif is_test(cell):
                hidden.preprocess_cell(cell, resources, 0)
                cell.outputs = []
                cell.metadata["course_feedback"] = _told(verdict_of(cell))
            elif cell.cell_type == "code":
                cell.metadata["course_note"] = as_html(note_of(cell))
            if is_solution(cell) or is_task(cell):
                cell.metadata["course_feedback"] = _by_hand(cell, name, job.marks)
        show(nb, self.page_bytes - FRAME - _taken(nb), self.output_bytes)
        handed_in = HandedIn.of(nb)
        told = [as_html(text) for text in (handed_in.note, handed_in.problem) if text]
        if told:
            note = "<div>" + "<br>".join(["Please note:", *told]) + "</div>"
            nb.cells.insert(0, new_markdown_cell(note, id="please-note"))
        resources["course_feedback"] = {
            "made_from": META.format(job.made_from),
            "styles": HtmlFormatter(style=COLOURS).get_style_defs(".highlight") + MATH_CSS,
        }
        return nb, resources


def _by_hand(cell: NotebookNode, name: str, marks: Marks) -> dict[str, str]:
    """What a human made of an answer or a task: `comment`, as HTML, and `graded`, whether there are
    points by hand, "" where a test gives them."""
    graded = ""
    if is_task(cell) or is_graded_by_hand(cell):
        mark = marks.grades[name]
        graded = "not graded yet" if mark.automatic is None else "no answer"
        graded = graded if mark.manual is None else "graded by hand"
    _, comment = marks.comments[name]
    return {"comment": to_mathml(comment or ""), "graded": graded}


def _taken(nb: NotebookNode) -> int:
    """The bytes that a page takes beside what is shown of the student's code, texts and outputs."""
    told = ("course_feedback", "course_note")
    return sum(
        CELL
        + sum(len(str(cell.metadata.get(name, "")).encode(errors="replace")) for name in told)
        + (0 if is_theirs(cell) or cell.cell_type == "code" else len(cell.source.encode()))
        for cell in nb.cells
    )


def _told(verdict: Verdict | None) -> dict[str, Any]:
    """What the page says of a test cell: `messages`, as HTML, and `claims`."""
    if verdict is None:
        return {"messages": [as_html(UNKNOWN)], "claims": []}
    note = [INSIDE] if verdict.inside else []
    return {
        "messages": [as_html(line) for line in [*(sentences(verdict) or [ALL_HOLDS]), *note]],
        "claims": [asdict(claim) for claim in verdict.claims],
    }


def sentences(verdict: Verdict) -> list[str]:
    """What a student should know of a verdict, a sentence each."""
    ours = verdict.failures and verdict.error in ("", "Failed")
    return list(verdict.failures) if ours else verdict.told.splitlines()


def _with_pictures(markdown: str, cell: NotebookNode) -> str:
    """The text of a cell with its attached pictures in it; without those that aren't there."""
    for name, versions in cell.pop("attachments", {}).items():
        for mime, data in versions.items():
            text = data if isinstance(data, str) else "".join(data)
            markdown = markdown.replace(f"](attachment:{name})", f"](data:{mime};base64,{text})")
    return re.sub(r"!\[([^\]]*)\]\(attachment:[^)]*\)", r"\1", markdown)


def as_html(sentence: str) -> str:
    """Plain text as HTML in which nothing is active; `code` in backquotes is code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(sentence, quote=False))
