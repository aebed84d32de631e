"""Whether a feedback page says what the gradebook says now.

nbgrader makes a page again only when the time stamp in `autograded/` is later than the one in
`feedback/`, and knows of no change of a grade. So each page names the state that it was made from.
"""

import hashlib
import json
from dataclasses import astuple
from pathlib import Path

from grading.coordinator.marks import Marks

META = '<meta name="made-from" content="{}">'  # near the start of the page
HEAD = 1000  # characters that hold it


def state(graded: bytes, marks: Marks) -> str:
    """A name for all that a page is made from: the graded notebook, points and comments."""
    told = json.dumps(astuple(marks), sort_keys=True)
    return hashlib.sha256(graded + told.encode()).hexdigest()


def is_current(page: Path, made_from: str) -> bool:
    """Whether a page was made from this state."""
    try:
        with open(page, encoding="utf-8", errors="replace") as file:
            return made_from in file.read(HEAD)
    except OSError:
        return False
