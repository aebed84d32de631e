"""What a page shows of a student's code, texts and outputs, as HTML of which the bytes are counted.

The page has one budget for all of it: the answers come first, then the student's own cells, then
outputs. Where there is no room for something, a sentence says so in its place.
"""

import html
from collections.abc import Callable, Iterator
from typing import Any

from nbconvert.filters import ansi2html, strip_ansi
from nbconvert.filters.highlight import Highlight2HTML
from nbformat.notebooknode import NotebookNode

from grading.cells import is_solution, is_test
from grading.coordinator.submission import is_theirs
from grading.feedback.theirs import as_safe_html

LONGEST_CODE = 50_000  # characters
NO_ROOM = '<p class="message">This is not shown: the page has reached its largest size.</p>'
CODE_CUT = (
    f'<p class="message">The rest of this code is not shown: it is longer than {LONGEST_CODE:,} '
    "characters.</p>"
)
CUT = "<pre>[the rest of this cell's output is not shown]</pre>"
FIGURE = "Figure made by the cell above"


class Room:
    """The bytes that a page still has."""

    def __init__(self, left: int):
        self.left = left

    def take(self, piece: str) -> str:
        """A piece of the page, or a sentence in its place where it is too large."""
        size = len(piece.encode(errors="replace"))
        if size > self.left:
            return NO_ROOM
        self.left -= size
        return piece


def show(nb: NotebookNode, page_bytes: int, output_bytes: int) -> None:
    """Puts into the metadata of a notebook's cells what a page shows of them.

    That is `course_theirs` of a text, `course_code` and `course_outputs` of code; not for tests.

    Args:
        page_bytes: of all cells; output_bytes: of a cell's outputs.
    """
    room = Room(page_bytes)
    highlight = Highlight2HTML(pygments_lexer=lexer_of(nb))
    code = [cell for cell in nb.cells if cell.cell_type == "code" and not is_test(cell)]
    texts = [cell for cell in nb.cells if cell.cell_type == "markdown" and is_theirs(cell)]
    for cell in sorted([*texts, *code], key=lambda cell: not is_solution(cell)):
        if cell.cell_type == "markdown":
            shown = as_safe_html(cell.source, cell.pop("attachments", {}))
            cell.metadata["course_theirs"] = room.take(shown)
        else:
            cell.metadata["course_code"] = room.take(_code(cell, highlight))
    for cell in code:
        pieces = "\n".join(_outputs(cell.outputs, output_bytes))
        cell.metadata["course_outputs"] = room.take(pieces) if pieces else ""


def lexer_of(nb: NotebookNode) -> str | None:
    """What highlights a notebook's code."""
    language = nb.metadata.get("language_info", {})
    return language.get("pygments_lexer", language.get("name"))


def _code(cell: NotebookNode, highlight: Callable[..., str]) -> str:
    shown = highlight(cell.source[:LONGEST_CODE], metadata=cell.metadata)
    return shown + CODE_CUT if len(cell.source) > LONGEST_CODE else shown


def _outputs(outputs: list[NotebookNode], room: int) -> Iterator[str]:
    for output in outputs:
        if picture := _picture(output):
            piece, is_cut = picture, len(picture) > room
        else:
            piece, is_cut = _text_within(output, room)
        if not (is_cut and picture):
            yield piece
        if is_cut:
            yield CUT
            return
        room -= len(piece.encode(errors="replace"))


def _picture(output: NotebookNode) -> str:
    """A picture as HTML; "" where an output has none."""
    for mime in ("image/png", "image/jpeg"):
        if data := output.get("data", {}).get(mime):
            said: dict[str, Any] = output.metadata.get(mime, {})
            alt = html.escape(said.get("alt") or FIGURE)
            width = f' width="{said["width"]}"' if isinstance(said.get("width"), int) else ""
            link = html.escape(data.replace("\n", ""))
            return f'<p><img src="data:{mime};base64,{link}" alt="{alt}"{width}></p>'
    return ""


def _text_within(output: NotebookNode, room: int) -> tuple[str, bool]:
    """As much of an output's text as fits, as HTML, and whether that isn't all of it."""
    start, colours = "<pre>", ansi2html
    if output.output_type == "stream":
        text = output.text
    elif output.output_type == "error":  # its message in place of its traceback
        named = f"{output.ename}: {output.evalue}".removesuffix(": ")
        text = output.evalue if output.ename == "Failed" else named
        start, colours = '<pre class="error">', _without_colours
    else:
        text = output.data.get("text/plain", "")
    if not text:
        return "", False
    shown = text[:room]
    while len(piece := f"{start}{colours(shown)}</pre>".encode(errors="replace")) > room and shown:
        shown = shown[: len(shown) * room // len(piece)]
    return piece.decode(), len(shown) < len(text)


def _without_colours(text: str) -> str:
    return html.escape(strip_ansi(text))
