"""A test cell that is judged inside the student's own kernel, where the instructor has tagged it.

For what can't be seen from outside: pictures, the source of a function, files, time. What it comes
to is the student's word, as with plain nbgrader, and the verdict says so.
"""

import math

from nbformat.notebooknode import NotebookNode

from grading.cells import grade_id
from grading.judge.kernel_client import KernelClient
from grading.judge.outputs import most_points, plain
from grading.plan import INSIDE, Need
from grading.verdict import Status, Verdict

LONGEST = 2_000  # characters of a message


def is_inside(cell: NotebookNode) -> bool:
    """Whether the instructor wants a test cell judged in the student's kernel."""
    return INSIDE in cell.metadata.get("tags", [])


def judge_inside(
    cell: NotebookNode, index: int, kernel: KernelClient, need: Need, seconds: float
) -> tuple[Verdict, str | None]:
    """Runs a test cell in the student's kernel, which leaves its outputs in the cell.

    Returns:
        Its verdict, and why the kernel has stopped, None where it is ready for more.
    """
    stopped = kernel.run_cell(cell, index, seconds, kept=False)
    cell.execution_count = None
    most = most_points(cell)
    verdict = Verdict(grade_id(cell) or "", Status.PASSED, most, most, inside=True)
    late = stopped or kernel.late
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if late:
        ended = Status.STOPPED if stopped else Status.FAILED
        return verdict.but(status=ended, points=0.0, error="KernelStopped", message=late), stopped
    if errors:
        name, message = plain(errors[-1].ename)[:LONGEST], plain(errors[-1].evalue)[:LONGEST]
        failed = verdict.but(status=Status.FAILED, points=0.0, error=name, message=message)
        if name in ("SyntaxError", "ModuleNotFoundError", "ImportError") or need.unknown:
            failed = failed.but(status=Status.BROKEN, manual=f"the test itself fails: {message}")
        return failed, None
    return _partial(verdict, kernel.result), None


def _partial(verdict: Verdict, result: str) -> Verdict:
    """A verdict with the points that the value of the cell's last expression is, if it is one."""
    try:
        points = float(result) if result else verdict.most
    except ValueError:
        points = math.nan
    if 0 <= points <= verdict.most:
        return verdict.but(points=points)
    told = f"the test's value is no number between 0 and {verdict.most:g}: {result[:LONGEST]}"
    broken = {"status": Status.BROKEN, "points": 0.0, "error": "NoVerdict"}
    return verdict.but(message=told, manual=told, **broken)
