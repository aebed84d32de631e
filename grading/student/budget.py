"""How long a student's cell may compute, in processor time: a busy machine changes no grade.

It is kept in the student's kernel, where it can be done away with; whoever does meets the judge's
wall time, a few times as long, and the limit of the whole process.
"""

import signal
from types import FrameType

AGAIN = 1.0  # seconds of processor time until the next reminder, where the first one was caught


class CellTimeoutError(KeyboardInterrupt):
    """A cell has used up its processor time. No `Exception`: a student's `except` leaves it be."""


def limit_cells(seconds: float) -> None:
    """Ends every cell that uses more than `seconds` of processor time, of all threads together.

    Does nothing where the system has no such timer (Windows).
    """
    from IPython.core.getipython import get_ipython  # noqa: PLC0415  (only in a kernel)

    shell = get_ipython()
    if shell is None or not hasattr(signal, "setitimer"):
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise CellTimeoutError(f"more than {seconds:g} seconds of processor time")

    def start(_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)

    def stop(_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    signal.signal(signal.SIGPROF, over)
    shell.events.register("pre_run_cell", start)
    shell.events.register("post_run_cell", stop)
