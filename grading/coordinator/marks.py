"""What the gradebook holds of graded notebooks, read for a whole class in three queries.

nbgrader's own objects take several queries for each cell: for one submission nothing, for a class
of a thousand minutes.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True)
class Mark:
    """The points of a cell; `automatic` and `manual` are None where nobody gave any.

    flagged: whether it waits for a human.
    """

    score: float
    max_score: float
    automatic: float | None
    manual: float | None
    flagged: bool


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds of a student's notebook.

    Attributes:
        grades: by the names of tests, of answers with points of their own, and of tasks.
        comments: (the grader's, the instructor's), by the names of answers and tasks.
        late_penalty: the points taken off for handing in late; None where it wasn't late.
    """

    grades: Mapping[str, Mark]
    comments: Mapping[str, tuple[str | None, str | None]]
    late_penalty: float | None

    @property
    def raw_score(self) -> float:
        """The points of the notebook."""
        return sum(mark.score for mark in self.grades.values())

    @property
    def score(self) -> float:
        """The points of the notebook, less what is taken off."""
        return self.raw_score - (self.late_penalty or 0.0)

    @property
    def max_score(self) -> float:
        return sum(mark.max_score for mark in self.grades.values())


def marks_of(
    gradebook: Gradebook, assignment: str, student: str | None = None
) -> dict[tuple[str, str], Marks]:
    """{(student, notebook): marks} of an assignment, of everybody or of one student."""
    database = gradebook.db
    most = {
        cell: float(points)
        for kind in (GradeCell, TaskCell)
        for cell, points in database.execute(select(kind.id, kind.max_score))
    }
    grades = defaultdict[tuple[str, str], dict[str, Mark]](dict)
    asked = (
        *(BaseCell.name, BaseCell.id, Grade.score, Grade.auto_score, Grade.manual_score),
        Grade.needs_manual_grade,
    )
    rows = _of_notebooks(asked, assignment, student).join(
        Grade, Grade.notebook_id == SubmittedNotebook.id
    )
    for whose, notebook, cell, key, score, automatic, manual, flagged in database.execute(
        rows.join(BaseCell, BaseCell.id == Grade.cell_id)
    ):
        grades[whose, notebook][cell] = Mark(score, most.get(key, 0.0), automatic, manual, flagged)
    comments = defaultdict[tuple[str, str], dict[str, tuple[str | None, str | None]]](dict)
    told = (BaseCell.name, Comment.auto_comment, Comment.manual_comment)
    rows = _of_notebooks(told, assignment, student).join(
        Comment, Comment.notebook_id == SubmittedNotebook.id
    )
    for whose, notebook, cell, automatic, manual in database.execute(
        rows.join(BaseCell, BaseCell.id == Comment.cell_id)
    ):
        comments[whose, notebook][cell] = automatic, manual
    penalties = _of_notebooks((SubmittedNotebook.late_submission_penalty,), assignment, student)
    return {
        (whose, notebook): Marks(grades[whose, notebook], comments[whose, notebook], penalty)
        for whose, notebook, penalty in database.execute(penalties)
    }


def _of_notebooks(
    columns: tuple[InstrumentedAttribute, ...], assignment: str, student: str | None
) -> Select:
    """Selects student, notebook and these columns for each notebook that was handed in."""
    rows = (
        select(Student.id, Notebook.name, *columns)
        .select_from(SubmittedNotebook)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Student, Student.id == SubmittedAssignment.student_id)
        .where(Assignment.name == assignment)
    )
    return rows.where(Student.id == student) if student is not None else rows
