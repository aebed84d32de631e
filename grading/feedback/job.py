"""One feedback page to make, as plain data: any process can do it, without the gradebook."""

from dataclasses import dataclass
from typing import Any

from nbconvert.exporters import Exporter

from grading.coordinator.marks import Marks

Step = str | type  # of nbconvert's preprocessors, or its path


@dataclass(frozen=True)
class PageJob:
    """A page to make.

    Attributes:
        assignment, notebook, student: whose it is.
        graded: the graded notebook, as it lies in `autograded/`.
        marks: what the gradebook holds of it.
        made_from: a name for these two (`current.state`).
        db_url: the gradebook's address, for steps of a course's own.
        exporter, steps: what makes the page.
        config: of traitlets, as plain data.
    """

    assignment: str
    notebook: str
    student: str
    graded: bytes
    marks: Marks
    made_from: str
    db_url: str
    exporter: type[Exporter]
    steps: tuple[Step, ...]
    config: dict[str, dict[str, Any]]
