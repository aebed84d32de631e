"""What a test cell claims, and what came of it: plain data, for whoever reads a `Report`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Each is called with every `Report` when its block is entered. They are kept here, where whoever
# listens needs no torch.
LISTENERS: list[Callable[[Any], None]] = []
# An attribute of tensors that a student's function may change: no check looks at them again.
LENT = "lent_to_a_student"


class MisuseError(RuntimeError):
    """A test cell is written in a way that might pass anybody; the message is for its author."""


@dataclass(frozen=True)
class Claim:
    """One claim of a test cell.

    text: what is claimed, in words.
    held: whether it is so.
    failure: the sentence for the student. None where the claim held, and where it fails only
        because an earlier one did.
    points: what this claim earns by itself. None: every point of the cell needs it.
    """

    text: str
    held: bool
    failure: str | None = None
    points: float | None = None
