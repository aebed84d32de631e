"""How a test cell's end becomes its verdict."""

import contextlib
import io
import math
import numbers
from collections.abc import Iterator
from typing import Any

import torch

from grading.trusted.proxies import StudentStopped
from grading.verdict import Status, Verdict
from helpers.checks import MisuseError, Report

MESSAGE = 6_000  # characters kept of a failure's message
NO_MISTAKE = (
    "That is a limit of the grader's and no mistake of yours; whoever grades will look at it."
)
PRINTED = 20_000  # characters kept of what a test cell prints


class Trial:
    """One run of a test cell: watches what it states and prints, and says what it came to.

    Args:
        test: the cell's name; most: its points.
    """

    def __init__(self, test: str, most: float):
        self._test, self._most = test, most
        self._reports: list[Report] = []
        self._printed = _Beginning()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """The cell runs in here: its reports and what it prints are kept."""
        Report.listeners.append(self._reports.append)
        try:
            with contextlib.redirect_stdout(self._printed):
                yield
        finally:
            Report.listeners.remove(self._reports.append)

    def passed(self, value: Any) -> Verdict:
        """The verdict on a cell that ran to its end; `value` is that of its last expression.

        None earns all points; a number between 0 and them is partial credit, as in nbgrader.
        """
        if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex():
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
        ours = isinstance(error, SyntaxError | ImportError | MisuseError)
        if ours and not hasattr(error, "student_error"):
            name = type(error).__name__
            return self._broken(told(error), name, f"the test itself fails: {told(error)}")
        return self._verdict(
            Status.FAILED,
            points=min(self._earned() or 0.0, self._most),
            error=type(error).__name__,
            message=told(error),
        )

    def stopped(self, why: str) -> Verdict:
        """The verdict where the student's kernel gave no more answers."""
        return self._verdict(Status.STOPPED, error="KernelStopped", message=why)

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

    def _verdict(self, status: Status, points: float = 0.0, **told: str) -> Verdict:
        return Verdict(
            test=self._test,
            status=status,
            points=points,
            most=self._most,
            failures=tuple(told for report in self._reports for told in report.failures),
            claims=tuple(claim for report in self._reports for claim in report.claims),
            printed=self._printed.getvalue(),
            **told,
        )


class _Beginning(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        return super().write(text[: max(0, PRINTED - self.tell())])


def told(error: BaseException) -> str:
    """What an error says, of a student's code as that says it."""
    return str(getattr(error, "student_error", None) or error)[:MESSAGE]
