"""What a graded cell shows: of a student's cell little, of a test cell its verdict alone.

Outputs of a student's cell are made anew from plain text parts. Those of a test cell say to
nbgrader just what the verdict says, and the verdict itself lies beside them in the metadata.
"""

import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from grading.cells import grade_id, is_test
from grading.student.absent import ABSENT
from grading.verdict import KEY, Status, Verdict

LONGEST_ALT = 1000  # characters
WIDEST = 2_000  # of a picture, in pixels of the page
LONGEST_REASON = 300  # characters of a message
OVERHEAD = 200  # bytes that an output costs even when it is empty
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


def remade(kind: str, content: dict[str, Any]) -> NotebookNode | None:
    """An output of plain text parts only, or None for what is no output.

    Args:
        kind: the type of a Jupyter message; content: of the message, as a student's kernel sent it.
    """
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=plain(content.get("text")))
    if kind in ("display_data", "execute_result"):
        data = content.get("data")
        texts = {
            plain(mime): plain(text)
            for mime, text in (data if isinstance(data, dict) else {}).items()
            if isinstance(text, str)
        }
        return new_output("display_data", data=texts, metadata=_described(content))
    if kind == "error":
        lines = content.get("traceback")
        return new_output(
            "error",
            ename=plain(content.get("ename")),
            evalue=plain(content.get("evalue")),
            traceback=[plain(line) for line in lines] if isinstance(lines, list) else [],
        )
    return None


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


def append_within(cell: NotebookNode, output: NotebookNode, room: int) -> int:
    """Appends an output to a cell as far as `room` bytes go; how much room is left."""
    left = room - OVERHEAD - _length(output)
    if left > 0:
        cell.outputs.append(output)
        return left
    if output.output_type == "stream":
        output.text = output.text[: max(0, len(output.text) + left)]
        cell.outputs.append(output)
    cell.outputs.append(new_output("stream", name="stderr", text=CUT))
    return left


def error_output(name: str, message: str) -> NotebookNode:
    """An error as a cell's output, without a traceback."""
    lines = message.splitlines() if name == "Failed" else f"{name}: {message}".splitlines()
    return new_output("error", ename=name, evalue=message, traceback=lines)


def plain(text: object) -> str:
    """Text that any file can store; terminal colours stay, carriage returns too."""
    if not isinstance(text, str):
        return ""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _described(content: dict[str, Any]) -> dict[str, Any]:
    """Of a picture's metadata what a page needs: the description in words, how wide it is shown."""
    try:
        said = content["metadata"]["image/png"]
        described: dict[str, Any] = {"alt": plain(said["alt"])[:LONGEST_ALT]}
        width = said.get("width")
    except (AttributeError, KeyError, TypeError):
        return {}
    if type(width) is int and 0 < width <= WIDEST:
        described["width"] = width
    return {"image/png": described}


def _length(output: NotebookNode) -> int:
    if output.output_type == "stream":
        return len(output.text.encode())
    if output.output_type == "error":
        return sum(len(text.encode()) for text in (output.ename, output.evalue, *output.traceback))
    return sum(len(text.encode()) for item in output.data.items() for text in item)
