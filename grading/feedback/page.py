"""What a student sees of the grading: points and messages on a page, never a hidden test."""

import html
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from nbconvert import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.converters.generate_feedback import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests
from pygments.formatters import HtmlFormatter
from traitlets import Bool, Integer
from traitlets.config import Config

from grading.cells import grade_id, is_graded_by_hand, is_solution, is_task, is_test
from grading.coordinator.submission import HandedIn, is_theirs
from grading.feedback.current import META, make_what_is_old, state
from grading.feedback.mathml import CSS as MATH_CSS
from grading.feedback.mathml import to_mathml
from grading.feedback.pieces import show
from grading.verdict import Verdict, note_of, verdict_of

ALL_HOLDS = "All of it holds."
INSIDE = "This test was judged inside your own notebook's process."
UNKNOWN = "This was graded by an earlier version of the course, which kept no reasons."
COLOURS = "xcode"  # each of its colours stands out from the page by 4.5 to 1 or more
TEMPLATES = str(Path(__file__).parent / "templates")
FRAME = 200_000  # bytes of a page without its cells
CELL = 700  # bytes of a cell without what it holds


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML with this course's template; pages of the formgrader keep their own.

    Where `nbgrader generate_feedback` makes pages, those that no longer say what the gradebook says
    are made again.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, GenerateFeedback):
            # nbgrader asks this for each submission, and has no hook for it.
            make_what_is_old(self.parent)

    @property
    def default_config(self) -> Config:
        own = {"template_name": "course-feedback", "extra_template_basedirs": [TEMPLATES]}
        config = Config(super().default_config)
        config.merge(Config(FeedbackExporter=own))
        return config


class FeedbackPage(Preprocessor):
    """Follows `GetGrades` in `c.GenerateFeedback.preprocessors`.

    Of a test cell the page shows its verdict in sentences and the part of its source that students
    have; of an error its message, and of all that a student has put in a limited number of bytes.
    Formulas become MathML. Of the comments only the instructor's stay: the grader's repeat the
    verdicts. What a human grades, written answers and tasks, is shown with its points and comment.
    Of the files beside the graded notebook none is handed back: only pages stay in the folder.
    """

    enabled = Bool(True).tag(config=True)
    output_bytes = Integer(300_000, help="bytes of output shown of a cell").tag(config=True)
    page_bytes = Integer(5_000_000, help="bytes of a page, over all its cells").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Prepares a graded notebook for the template `course-feedback`; removes files."""
        names = resources["nbgrader"]
        place = names["student"], names["assignment"], names["notebook"]
        self._keep_only_pages(names)
        by_hand = _by_hand(nb, names)
        hidden = ClearHiddenTests(config=Config(ClearHiddenTests=self.config.ClearHiddenTests))
        for cell in nb.cells:
            if cell.cell_type == "markdown" and not is_theirs(cell):
                cell.source = _with_pictures(to_mathml(cell.source), cell)
            elif is_test(cell):
                hidden.preprocess_cell(cell, resources, 0)
                cell.outputs = []
                cell.metadata["course_feedback"] = _told(verdict_of(cell))
            elif cell.cell_type == "code":
                cell.metadata["course_note"] = as_html(note_of(cell))
            if theirs := by_hand.get(grade_id(cell) or ""):
                cell.metadata["course_feedback"] = theirs
        show(nb, self.page_bytes - FRAME - _taken(nb), self.output_bytes)
        handed_in = HandedIn.of(nb)
        told = [as_html(text) for text in (handed_in.note, handed_in.problem) if text]
        if told:
            note = "<div>" + "<br>".join(["Please note:", *told]) + "</div>"
            nb.cells.insert(0, new_markdown_cell(note, id="please-note"))
        resources["course_feedback"] = {
            "made_from": META.format(state(self._converter.coursedir, *place)),
            "styles": HtmlFormatter(style=COLOURS).get_style_defs(".highlight") + MATH_CSS
        }
        return nb, resources

    @property
    def _converter(self) -> GenerateFeedback:
        return cast(Any, self.parent).parent

    def _keep_only_pages(self, names: dict[str, Any]) -> None:
        """Removes the student's own files, pages of theirs too: they may hold scripts."""
        coursedir = self._converter.coursedir
        folder = coursedir.format_path(
            coursedir.feedback_directory, names["student"], names["assignment"]
        )
        with Gradebook(names["db_url"]) as gradebook:
            notebooks = gradebook.find_assignment(names["assignment"]).notebooks
            pages = {Path(folder, f"{notebook.name}.html") for notebook in notebooks}
        for path in sorted(Path(folder).rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in pages:
                path.unlink()


def _by_hand(nb: NotebookNode, names: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What a human made of answers and tasks, by the names of their cells: `comment`, as HTML, and
    `graded`, whether there are points by hand, "" where a test gives them."""
    place = names["notebook"], names["assignment"], names["student"]
    found = {}
    with Gradebook(names["db_url"]) as gradebook:
        for cell in nb.cells:
            name = grade_id(cell) or ""
            if not (is_solution(cell) or is_task(cell)):
                continue
            graded = ""
            if is_task(cell) or is_graded_by_hand(cell):
                grade = gradebook.find_grade(name, *place)
                graded = "not graded yet" if grade.auto_score is None else "no answer"
                graded = graded if grade.manual_score is None else "graded by hand"
            comment = gradebook.find_comment(name, *place).manual_comment
            found[name] = {"comment": to_mathml(comment or ""), "graded": graded}
    return found


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
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(sentence))
