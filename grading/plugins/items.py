"""Item analysis: what a class's points say about each test cell (`python -m grading items`).

The discrimination of a test cell is the point-biserial correlation of earning it with the points
on the rest of the assignment (Lord and Novick, 1968, chapter 15): near 0 it tells strong from weak
students by chance, below 0 something is wrong with the test or with what was asked.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import StatisticsError, correlation

from matplotlib.figure import Figure
from nbgrader.api import Gradebook

WORTH_A_LOOK = 0.1  # discrimination below this is marked


@dataclass
class Item:
    """One test cell over the whole class."""

    name: str
    points: float
    earned: int = 0  # students with full points
    graded: int = 0
    discrimination: float | None = None  # None where all or no student earned it
    failures: Counter = field(default_factory=Counter)  # message -> students

    @property
    def share(self) -> float:
        return self.earned / self.graded if self.graded else 0.0


def analyse(db_url: str, assignment: str) -> list[Item]:
    """The test cells of an assignment, in the notebook's order.

    Raises:
        LookupError: the gradebook holds no graded submission of that assignment.
    """
    with Gradebook(db_url) as gradebook:
        submissions = gradebook.assignment_submissions(assignment)
        rows = [
            {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
            for submission in submissions
        ]
        rows = [row for row in rows if all(grade.score is not None for grade in row.values())]
        if not rows:
            raise LookupError(
                f"The gradebook holds no graded submission of '{assignment}'. "
                f"Run `nbgrader autograde {assignment}` first."
            )
        items = {name: Item(name, grade.max_score) for name, grade in rows[0].items()}
        for row in rows:
            for name, grade in row.items():
                items[name].graded += 1
                items[name].earned += grade.score >= grade.max_score
        for name, item in items.items():
            totals = [sum(g.score for n, g in row.items() if n != name) for row in rows]
            item.discrimination = point_biserial(
                [row[name].score >= item.points for row in rows], totals
            )
        for submission in submissions:
            for notebook in submission.notebooks:
                for comment in notebook.comments:
                    count_failures(comment.auto_comment or "", items)
    return list(items.values())


def point_biserial(earned: list[bool], rest: list[float]) -> float | None:
    """Correlation of a yes/no with a number over students; None where one of them never varies."""
    try:
        return correlation([float(e) for e in earned], rest)
    except StatisticsError:
        return None


def count_failures(comment: str, items: dict[str, Item]) -> None:
    """Counts each failed claim in the grader's comment on an answer, without numbers that vary."""
    for paragraph in comment.split("\n\n"):
        name, _, text = paragraph.partition(": ")
        if name in items:
            claims = re.findall(r"^- (.*)$", text, re.M) or [text]
            items[name].failures.update({generalise(claim) for claim in claims})


def generalise(message: str) -> str:
    """The same for the same mistake: seeds are dropped, measured numbers become #."""
    message = re.sub(r" \(seed \d+\)", "", message.strip())
    return re.sub(r"-?\d+\.\d+(e[-+]?\d+)?%?", "#", message)


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
        for message, count in item.failures.most_common(messages):
            lines.append(f"{'':{width}}  {count:3} x {message[:140]}")
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
