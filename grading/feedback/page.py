"""What a student sees of the grading: points and messages on a page, never a hidden test."""

import html
import re
from pathlib import Path

from nbconvert import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests
from pygments.formatters import HtmlFormatter
from traitlets import Bool, Integer
from traitlets.config import Config

from grading.cells import grade_id, is_solution, is_test
from grading.coordinator.exporter import MARK
from grading.feedback.mathml import to_mathml

CLAIM = re.compile(r"with check\(\s*f?\"(.+?)\"\s*\)", re.S)
ALL_HOLDS = "All of it holds."
COLOURS = "xcode"  # each of its colours stands out from the page by 4.5 to 1 or more
TEMPLATES = str(Path(__file__).parent / "templates")
PASSED = "All checks passed.\n"
CUT = "[the rest of this cell's output is not shown]\n"


class CleanFeedback(Preprocessor):
    """Follows `GetGrades` in `c.GenerateFeedback.preprocessors`.

    Hidden tests leave the shown source, and what they printed the shown output; of a failure its
    message is shown, of any output a limited number of bytes. Of the files beside the graded
    notebook none is handed back: only pages stay in the feedback folder.
    """

    enabled = Bool(True).tag(config=True)
    output_bytes = Integer(300_000, help="bytes of output shown of a cell").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Cleans a graded notebook for its student; removes files from its feedback folder."""
        self._keep_only_pages(resources["nbgrader"])
        self._make_comments_plain(nb, resources["nbgrader"])
        hidden = ClearHiddenTests(config=Config(ClearHiddenTests=self.config.ClearHiddenTests))
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            cell.outputs = [_message(output) for output in cell.outputs]
            if is_test(cell):
                whole = cell.source
                hidden.preprocess_cell(cell, resources, 0)
                if cell.source != whole:
                    cell.outputs = _without_prints(cell.outputs)
            cell.outputs = _shortened(cell.outputs, self.output_bytes)
        mark = nb.metadata.get(MARK, {})
        told = [mark[key] for key in ("note", "problem") if mark.get(key)]
        if told:
            note = _as_html("\n".join(["Please note:", *told]))
            nb.cells.insert(0, new_markdown_cell(note, id="please-note"))
        return nb, resources

    def _make_comments_plain(self, nb: NotebookNode, names: dict) -> None:
        """Comments of the grader's own quote the student's words: no markup in them is active."""
        place = names["notebook"], names["assignment"], names["student"]
        with Gradebook(names["db_url"]) as gradebook:
            for cell in filter(is_solution, nb.cells):
                comment = gradebook.find_comment(grade_id(cell), *place)
                if comment.manual_comment is None and comment.auto_comment:
                    cell.metadata["nbgrader"]["comment"] = _as_html(comment.auto_comment)

    def _keep_only_pages(self, names: dict) -> None:
        """Removes the student's own files, pages of theirs too: they may hold scripts."""
        coursedir = self.parent.parent.coursedir
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


def _message(output: NotebookNode) -> NotebookNode:
    """An error with its message in place of its traceback."""
    if output.output_type == "error":
        named = f"{output.ename}: {output.evalue}".removesuffix(": ")
        output.traceback = (output.evalue if output.ename == "Failed" else named).splitlines()
    return output


def _as_html(text: str) -> str:
    code = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text))
    return "<div>" + "<br>".join(code.splitlines()) + "</div>"


def _without_prints(outputs: list) -> list:
    """The outputs of a cell with hidden tests: what these print can hold their inputs."""
    errors = [output for output in outputs if output.output_type == "error"]
    if errors or any(output.output_type == "execute_result" for output in outputs):
        return errors
    return [new_output("stream", name="stdout", text=PASSED)]


def _shortened(outputs: list, room: int) -> list:
    kept = []
    for output in outputs:
        room -= len(str(output))
        if room < 0:
            return [*kept, new_output("stream", name="stdout", text=CUT)]
        kept.append(output)
    return kept


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
    shown = [line for line in lines if line] or [ALL_HOLDS]
    return [re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line)) for line in shown]
