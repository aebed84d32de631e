"""What a test cell came to: formed once, by the trusted process, and read by whoever needs it.

A verdict travels as JSON: from the trusted process to the judge, and then in the metadata of the
test cell, beside the outputs that nbgrader reads its points from.
"""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from nbformat.notebooknode import NotebookNode

from helpers.claims import Claim

KEY = "grading"  # our entry in the metadata of notebooks and cells


class Status(StrEnum):
    """How a test cell ended."""

    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"  # the student's kernel gave no answers any more
    NOT_RUN = "not run"
    BROKEN = "broken"  # the test cell or this machine; no word on the student's answer


@dataclass(frozen=True)
class Verdict:
    """What one test cell came to.

    Attributes:
        test: the cell's name.
        status: how it ended.
        points: earned, of `most`.
        error: the type of the error that ended it, "" where none did.
        message: for the student: every failure, a line each; "" where all is well.
        failures: the same as single sentences, as far as the cell states claims.
        manual: why a human should look at it, "" where nobody needs to.
        claims: what was claimed, in order, as far as the cell states claims.
        printed: what the cell printed.
        line: of the cell, where it ended; 0 where that isn't known.
        inside: whether it was formed in the student's own process, which could have forged it.
    """

    test: str
    status: Status
    points: float
    most: float
    error: str = ""
    message: str = ""
    manual: str = ""
    failures: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    printed: str = ""
    line: int = 0
    inside: bool = False

    @property
    def told(self) -> str:
        """The message for a reader who doesn't see the error's type beside it."""
        named = self.error in ("", "Failed", "NotRun")
        return self.message if named else f"{self.error}: {self.message}".removesuffix(": ")

    def but(self, **changes: Any) -> Self:
        """The same verdict with some attributes changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON data; `from_json` makes it a verdict again."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """A verdict from what `to_json` made of it."""
        read = {
            "status": Status(data["status"]),
            "failures": tuple(data["failures"]),
            "claims": tuple(Claim(**claim) for claim in data["claims"]),
        }
        return cls(**{**data, **read})


def verdict_of(cell: NotebookNode) -> Verdict | None:
    """The verdict in a graded test cell; None in any other cell."""
    data = cell.metadata.get(KEY, {}).get("verdict")
    return Verdict.from_json(data) if data else None


def note_of(cell: NotebookNode) -> str:
    """Why a student's cell did not run to its end, for the student; "" where it did."""
    return cell.metadata.get(KEY, {}).get("note", "")
