"""Item analysis: what a class's points say about each test cell (`python -m grading items`).

The discrimination of a test cell is the point-biserial correlation of earning it with the points
on the rest of the assignment (Lord and Novick, 1968, chapter 15): near 0 it tells strong from weak
students by chance, below 0 something is wrong with the test or with what was asked.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import StatisticsError, correlation

import nbformat
from matplotlib.figure import Figure
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grading.coordinator.marks import Mark, marks_of
from grading.plain import plain_line
from grading.verdict import Verdict, verdict_of

WORTH_A_LOOK = 0.1  # discrimination below this is marked


@dataclass
class Item:
    """One test cell over the whole class."""

    name: str
    points: float
    earned: int = 0  # students with full points
    graded: int = 0
    discrimination: float | None = None  # None where all or no student earned it
    failures: Counter[str] = field(default_factory=Counter)  # what failed -> students
    examples: dict[str, str] = field(default_factory=dict)  # what failed -> what was said of it

    @property
    def share(self) -> float:
        return self.earned / self.graded if self.graded else 0.0


def analyse(coursedir: CourseDirectory, assignment: str) -> list[Item]:
    """The test cells of an assignment, in the notebook's order.

    Raises:
        LookupError: the gradebook holds no graded submission of that assignment.
    """
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        by_student = defaultdict[str, dict[str, Mark]](dict)
        for (student, _), marks in marks_of(gradebook, assignment).items():
            by_student[student].update(marks.grades)
    rows = [row for row in by_student.values() if any(map(_is_graded, row.values()))]
    if not rows:
        raise LookupError(
            f"The gradebook holds no graded submission of '{assignment}'. "
            f"Run `nbgrader autograde {assignment}` first."
        )
    items = {name: Item(name, mark.max_score) for name, mark in rows[0].items()}
    totals = [sum(mark.score for mark in row.values()) for row in rows]
    for name, item in items.items():
        marks_here = [row[name] for row in rows]
        earned = [mark.score >= mark.max_score for mark in marks_here]
        rest = [total - mark.score for total, mark in zip(totals, marks_here, strict=True)]
        item.graded, item.earned = len(rows), sum(earned)
        item.discrimination = point_biserial(earned, rest)
    for student in by_student:
        folder = coursedir.format_path(coursedir.autograded_directory, student, assignment)
        for file in sorted(Path(folder).glob("*.ipynb")):
            for verdict in _verdicts(file):
                count_failures(verdict, items)
    return list(items.values())


def _is_graded(mark: Mark) -> bool:
    return mark.automatic is not None or mark.manual is not None


def _verdicts(file: Path) -> Iterator[Verdict]:
    """The verdicts in a graded notebook, which is the grader's own: it needs no validation."""
    cells = nbformat.from_dict(json.loads(file.read_text(encoding="utf-8")))["cells"]
    return filter(None, map(verdict_of, cells))


def point_biserial(earned: list[bool], rest: list[float]) -> float | None:
    """Correlation of a yes/no with a number over students; None where one of them never varies."""
    try:
        return correlation([float(e) for e in earned], rest)
    except StatisticsError:
        return None


def count_failures(verdict: Verdict, items: dict[str, Item]) -> None:
    """Counts what failed in a verdict: its claims, or the end of the whole cell, a line each.

    A message can hold whatever a student's code made an error say, but no line end of its own.
    """
    if verdict.test not in items:
        return
    claims = [claim for claim in verdict.claims if claim.failure]
    failed = {plain_line(claim.text): plain_line(claim.failure) for claim in claims}
    if not failed and verdict.told:
        failed = {plain_line(verdict.told.splitlines()[0]): ""}
    items[verdict.test].failures.update(failed.keys())
    for what, said in failed.items():
        items[verdict.test].examples.setdefault(what, said)


def table(items: list[Item], messages: int = 3) -> str:
    """The analysis as text: a line a test cell, below it its most frequent failures."""
    width = max(len(item.name) for item in items)
    lines = [f"{'test cell':{width}}  points  earned by   discrimination"]
    for item in items:
        r = "     –" if item.discrimination is None else f"{item.discrimination:+6.2f}"
        weak = item.discrimination is not None and item.discrimination < WORTH_A_LOOK
        lines.append(
            f"{item.name:{width}}  {item.points:6g}  {item.earned:3} of {item.graded:<3}"
            f"  {r}{'   <- worth a look' if weak else ''}"
        )
        for what, count in item.failures.most_common(messages):
            said = f"{what}: {item.examples[what]}".removesuffix(": ")
            lines.append(f"{'':{width}}  {count:3} x {said[:140]}")
    return "\n".join(lines)


def figure(items: list[Item], path: Path, title: str) -> None:
    """Draws share earned and discrimination of each test cell into an image file."""
    drawing = Figure(figsize=(8, 1.2 + 0.35 * len(items)), layout="constrained")
    drawing.suptitle(title)
    left, right = drawing.subplots(1, 2, sharey=True)
    names = [item.name for item in items]
    left.barh(names, [100 * item.share for item in items], color="#0072B2")
    left.set(xlabel="students who earned it (%)", xlim=(0, 100))
    left.invert_yaxis()
    values = [item.discrimination or 0.0 for item in items]
    colours = ["#D55E00" if value < WORTH_A_LOOK else "#0072B2" for value in values]
    right.barh(names, values, color=colours)
    right.set(xlabel="discrimination (point-biserial)", xlim=(-1, 1))
    right.axvline(0, color="black", linewidth=0.8)
    drawing.savefig(path)
