"""What a graded cell shows: of a student's cell little, of a test cell its verdict alone.

Outputs of a student's cell are made anew, from plain text and pictures: nothing else of them gets
any further than here. Those of a test cell say to nbgrader just what the verdict says, and the
verdict itself lies beside them in the metadata.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from grading.cells import grade_id, is_test
from grading.judge import pictures
from grading.student.absent import ABSENT
from grading.verdict import KEY, Status, Verdict

LONGEST_ALT = 1000  # characters
WIDEST = 2_000  # of a picture, in pixels of the page
LONGEST_REASON = 300  # characters of a message
OVERHEAD = 200  # bytes that an output costs even when it is empty
A_LINE = 12  # bytes that a line costs in a notebook's file even when it is empty
OTHER_PICTURE = "[A picture is not shown here unless it is a PNG or JPEG.]"
OTHER_KIND = "[An output is not shown here unless it is text, a PNG or a JPEG.]"
CUT = "[the rest of this cell's output was cut]\n"
MODULE = re.compile(r"[\w.]{1,100}")
AT_A_LIMIT = re.compile(
    "can't start new thread|Resource temporarily unavailable|annot allocate memory|"
    "can't allocate memory|No space left on device|File too large|"
    "Too many open files|Too many references"
)
NOT_RUN = "this test was not run"


# ---- test cells ---------------------------------------------------------------------------------


def write_verdict(cell: NotebookNode, verdict: Verdict) -> None:
    """Gives a test cell its verdict, with outputs that nbgrader reads as just that."""
    verdict = verdict.but(message=plain(verdict.message), printed=plain(verdict.printed))
    cell.metadata[KEY] = {"verdict": verdict.to_json()}
    if not verdict.points and verdict.status is not Status.PASSED:
        cell.outputs = [error_output(verdict.error, verdict.message)]
        return
    texts = [text for text in (verdict.printed, verdict.message) if text]
    cell.outputs = [new_output("stream", name="stdout", text=text) for text in texts]
    if verdict.points != verdict.most:
        cell.outputs.append(new_output("execute_result", {"text/plain": repr(verdict.points)}))


def not_run(cell: NotebookNode, problem: str = "") -> Verdict:
    """The verdict of a test cell that doesn't run: because of `problem`, or else nobody knows."""
    return Verdict(
        test=grade_id(cell) or "",
        status=Status.NOT_RUN,
        points=0.0,
        most=most_points(cell),
        error="NotRun",
        message=problem or NOT_RUN,
        manual="" if problem else NOT_RUN,
    )


def leave_unrun(nb: NotebookNode, problem: str = "") -> None:
    """Gives every test cell of a notebook the verdict that it did not run."""
    for cell in filter(is_test, nb.cells):
        write_verdict(cell, not_run(cell, problem))


def most_points(cell: NotebookNode) -> float:
    """The points of a test cell."""
    return float(cell.metadata["nbgrader"]["points"])


# ---- students' cells ----------------------------------------------------------------------------


def write_note(cell: NotebookNode, note: str) -> None:
    """Says in a student's cell why it did not run to its end."""
    cell.metadata[KEY] = {"note": note}


@dataclass(frozen=True)
class Remade:
    """An output as it is kept, and what it takes of the room for outputs, in bytes."""

    output: NotebookNode
    cost: int


def remade(kind: str, content: dict[str, Any]) -> Remade | None:
    """An output of plain text, a PNG or a JPEG only, or None for what is no output.

    Of HTML, LaTeX, widgets and whatever else an object shows itself as, the text that came with it
    is what remains.

    Args:
        kind: the type of a Jupyter message; content: of the message, as a student's kernel sent it.
    """
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        text = plain(content.get("text"))
        return Remade(new_output("stream", name=name, text=text), stored_bytes(text))
    if kind in ("display_data", "execute_result"):
        data = content.get("data")
        return _displayed(data if isinstance(data, dict) else {}, content)
    if kind == "error":
        lines = content.get("traceback")
        output = new_output(
            "error",
            ename=plain(content.get("ename")),
            evalue=plain(content.get("evalue")),
            traceback=[plain(line) for line in lines] if isinstance(lines, list) else [],
        )
        texts = (output.ename, output.evalue, *output.traceback)
        return Remade(output, sum(map(stored_bytes, texts)))
    return None


def _displayed(data: dict[str, Any], content: dict[str, Any]) -> Remade:
    text, told, cost = plain(data.get("text/plain")), "", 0
    kept: dict[str, str] = {}
    sent = [mime for mime in pictures.KINDS if isinstance(data.get(mime), str)]
    if sent:
        try:
            picture = pictures.remade(sent[0], data[sent[0]])
            kept, cost = {sent[0]: picture.data}, picture.cost
        except pictures.PictureError as error:
            told, cost = f"[{error}]", error.cost
    elif any(str(mime).startswith("image/") for mime in data):
        told = OTHER_PICTURE
    if told or text or not kept:
        kept["text/plain"] = "\n".join(filter(None, [text, told])) or OTHER_KIND
    cost += stored_bytes(kept.get("text/plain", ""))
    metadata = _described(content, sent[0]) if sent and not told else {}
    return Remade(new_output("display_data", data=kept, metadata=metadata), cost)


def ended_with(cell: NotebookNode) -> str:
    """The error that ended an answer's cell, as a sentence; "" where there is none, or a stub's."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not errors or errors[-1].ename in ("", "NotImplementedError"):
        return ""
    line = " ".join(errors[-1].evalue.split())[:LONGEST_REASON]
    told = f"{errors[-1].ename[:LONGEST_REASON]}: {line}".strip(": ")
    return f"The cell of this answer stopped with {told}"


def hit_limit(cell: NotebookNode) -> bool:
    """Whether a cell's last error is what a program sees at a limit on its resources."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    return bool(errors) and bool(AT_A_LIMIT.search(errors[-1].evalue[:LONGEST_ALT]))


def absent_module(content: dict[str, Any]) -> str:
    """The module that a display names as missing (`grading.student.absent`); "" for any other."""
    data = content.get("data")
    name = data.get(ABSENT) if isinstance(data, dict) else None
    return name if isinstance(name, str) and MODULE.fullmatch(name) else ""


def append_within(cell: NotebookNode, remade: Remade, room: int) -> int:
    """Appends an output to a cell as far as `room` bytes go; how much room is left."""
    output, left = remade.output, room - OVERHEAD - remade.cost
    if left > 0:
        cell.outputs.append(output)
        return left
    if output.output_type == "stream":
        output.text = within(output.text, room - OVERHEAD)
        cell.outputs.append(output)
    elif output.output_type == "error":  # which a human, and a limit's flag, should know of
        append_error(cell, output)
    append_cut(cell)
    return left


def append_cut(cell: NotebookNode) -> None:
    """Says in a cell that what follows of its output is not there."""
    cell.outputs.append(new_output("stream", name="stderr", text=CUT))


def append_error(cell: NotebookNode, error: dict[str, Any]) -> None:
    """Appends an error to a cell, whatever room is left: its name and the start of its message."""
    name, message = (plain(error.get(part))[:LONGEST_REASON] for part in ("ename", "evalue"))
    cell.outputs.append(error_output(name, message))


def within(text: str, room: int) -> str:
    """As much of a text, from its beginning, as `room` bytes of a notebook's file hold."""
    while text and (stored := stored_bytes(text)) > room:
        text = text[: len(text) * max(0, room) // stored]
    return text


def stored_bytes(text: str) -> int:
    """About what a text takes in a notebook's file, where some characters and lines take more."""
    escaped = json.dumps(text, ensure_ascii=False).encode(errors="replace")
    return len(escaped) + A_LINE * text.count("\n")


def error_output(name: str, message: str) -> NotebookNode:
    """An error as a cell's output, without a traceback."""
    lines = message.splitlines() if name == "Failed" else f"{name}: {message}".splitlines()
    return new_output("error", ename=name, evalue=message, traceback=lines)


def plain(text: object) -> str:
    """Text that any file can store; terminal colours stay, carriage returns too."""
    if not isinstance(text, str):
        return ""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _described(content: dict[str, Any], mime: str) -> dict[str, Any]:
    """Of a picture's metadata what a page needs: the description in words, how wide it is shown."""
    try:
        said = content["metadata"][mime]
        described: dict[str, Any] = {"alt": plain(said["alt"])[:LONGEST_ALT]}
        width = said.get("width")
    except (AttributeError, KeyError, TypeError):
        return {}
    if type(width) is int and 0 < width <= WIDEST:
        described["width"] = width
    return {mime: described}
