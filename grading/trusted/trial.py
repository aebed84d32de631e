"""How a test cell's end becomes its verdict."""

import contextlib
import io
import math
import numbers
import traceback
from collections.abc import Iterator
from typing import Any

from grading.arrays import is_tensor
from grading.plan import Need
from grading.trusted.errors import TOO_LARGE, StudentStopped, is_out_of_memory
from grading.verdict import Status, Verdict
from helpers.claims import LISTENERS, MisuseError

MESSAGE = 6_000  # characters kept of a failure's message
NO_MISTAKE = (
    "That is a limit of the grader's and no mistake of yours; whoever grades will look at it."
)
PRINTED = 20_000  # characters kept of what a test cell prints


class Trial:
    """One run of a test cell: watches what it states and prints, and says what it came to.

    Args:
        test: the cell's name; most: its points; need: what it needs.
    """

    def __init__(self, test: str, most: float, need: Need):
        self._test, self._most, self._need = test, most, need
        self.doubtful: set[str] = set()  # names of the instructor's that nobody could make
        self._reports: list[Any] = []  # of `helpers.checks.Report`, where the cell has one
        self._printed = _Beginning()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """The cell runs in here: its reports and what it prints are kept."""
        LISTENERS.append(self._reports.append)
        try:
            with contextlib.redirect_stdout(self._printed):
                yield
        finally:
            LISTENERS.remove(self._reports.append)

    def passed(self, value: Any) -> Verdict:
        """The verdict on a cell that ran to its end; `value` is that of its last expression.

        None earns all points; a number between 0 and them is partial credit, as in nbgrader.
        """
        if is_tensor(value) and value.numel() == 1 and not value.is_complex():
            value = value.item()
        if value is None:
            return self._all_claims_held()
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not math.isfinite(value):
            return self._broken(f"the test's value is no number: {type(value).__name__}")
        if not 0 <= value <= self._most:
            return self._broken(f"the test's value {value:g} is not between 0 and {self._most:g}")
        return self._verdict(Status.PASSED, points=float(value))

    def _all_claims_held(self) -> Verdict:
        earned = self._earned()
        if earned is not None and not math.isclose(earned, self._most):
            return self._broken(
                f"the claims' points make {earned:g}, and those of the cell {self._most:g}"
            )
        return self._verdict(Status.PASSED, points=self._most)

    def ended(self, error: BaseException) -> Verdict:
        """The verdict on a cell that an error ended."""
        if isinstance(error, StudentStopped):
            return self.stopped(str(error))
        line = self._line(error)
        if is_out_of_memory(error):
            message = f"What your code returned {TOO_LARGE}."
            return self.failed(message, error="MemoryError", line=line)
        if not hasattr(error, "student_error") and (why := self._mistake(error)):
            broken = told(error), type(error).__name__, f"the test itself fails: {why}"
            return self._broken(*broken).but(line=line)
        return self._verdict(
            Status.FAILED,
            points=min(self._earned() or 0.0, self._most),
            error=type(error).__name__,
            message=told(error),
        ).but(line=line)

    def _line(self, error: BaseException) -> int:
        """The line of the cell in which an error ended it."""
        if isinstance(error, SyntaxError):
            return error.lineno or 0
        frames = traceback.walk_tb(error.__traceback__)
        own = [n for frame, n in frames if frame.f_code.co_filename == f"<{self._test}>"]
        return own[0] if own else 0

    def _mistake(self, error: BaseException) -> str:
        """What the test itself does wrong, where that may be why it failed."""
        if isinstance(error, SyntaxError | ImportError | MisuseError):
            return told(error)
        if isinstance(error, UnboundLocalError):
            return told(error)
        unknown = list(self._need.unknown)
        name = getattr(error, "name", None) if isinstance(error, NameError) else None
        if name and (name not in self._need.known or name in self.doubtful):
            unknown.insert(0, name)
        names = " and ".join(f"`{name}`" for name in dict.fromkeys(unknown))
        return f"no cell before it defines {names}" if names else ""

    def stopped(self, why: str) -> Verdict:
        """The verdict where the student's kernel gave no more answers."""
        return self._verdict(Status.STOPPED, error="KernelStopped", message=why)

    def failed(self, message: str, **told: Any) -> Verdict:
        """The verdict where it isn't what the test states that failed."""
        return self._verdict(Status.FAILED, message=message, **told).but(failures=())

    def at_limit(self, verdict: Verdict, limit: str) -> Verdict:
        """The verdict where the grader could not take an answer; a human decides."""
        told = f"The grader cannot take this answer: {limit}. {NO_MISTAKE}"
        return verdict.but(
            status=Status.BROKEN, error="GraderLimit", message=told, failures=(), manual=told
        )

    def _broken(self, message: str, error: str = "NoVerdict", manual: str = "") -> Verdict:
        return self._verdict(Status.BROKEN, error=error, message=message, manual=manual or message)

    def _earned(self) -> float | None:
        """The points of the claims that held; None where no claim has points of its own."""
        earned = [report.earned for report in self._reports if report.earned is not None]
        return sum(earned) if earned else None

    def _verdict(
        self, status: Status, points: float = 0.0, manual: str = "", **told: Any
    ) -> Verdict:
        flags = [flag for report in self._reports for flag in report.flags]
        return Verdict(
            test=self._test,
            status=status,
            points=points,
            most=self._most,
            failures=tuple(told for report in self._reports for told in report.failures),
            claims=tuple(claim for report in self._reports for claim in report.claims),
            printed=self._printed.getvalue(),
            manual=" ".join(filter(None, [manual, *flags])),
            **told,
        )


class _Beginning(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        return super().write(text[: max(0, PRINTED - self.tell())])


def told(error: BaseException) -> str:
    """What an error says, of a student's code as that says it."""
    return str(getattr(error, "student_error", None) or error)[:MESSAGE]
