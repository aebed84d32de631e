"""What a test cell says of one claim, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One claim of a test cell, and what came of it.

    text: what is claimed, in words; failure: the sentence for the student, None where the claim
    held or fails only because an earlier one did; points: what it earns by itself, None where
    every point of the cell needs it.
    """

    text: str
    held: bool
    failure: str | None = None
    points: float | None = None
