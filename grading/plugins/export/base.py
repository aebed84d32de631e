"""Whose points are exported, and which."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from nbgrader.api import Assignment, Gradebook, Student
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Enum, Unicode

from grading.coordinator.marks import Mark, Marks, marks_of
from grading.coordinator.students import StudentIds
from grading.plain import plain_line, plain_name
from grading.plugins.systems.roster import Roster
from grading.plugins.systems.table import TableError
from helpers.words import count

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Work:
    """What a student handed in for an assignment, notebook by notebook."""

    assignment: str
    student: str
    notebooks: tuple[Marks, ...]

    @property
    def grades(self) -> dict[str, Mark]:
        """The points of all cells, by their names."""
        return {name: mark for marks in self.notebooks for name, mark in marks.grades.items()}

    @property
    def raw_score(self) -> float:
        return sum(marks.raw_score for marks in self.notebooks)

    @property
    def late_penalty(self) -> float:
        """The points taken off for handing in late."""
        return sum(marks.late_penalty or 0.0 for marks in self.notebooks)

    @property
    def is_graded(self) -> bool:
        marks = [mark for notebook in self.notebooks for mark in notebook.grades.values()]
        return any(mark.automatic is not None or mark.manual is not None for mark in marks)

    @property
    def unsettled(self) -> str:
        """Why the points aren't final, in words; "" where they are.

        What the grader couldn't judge has 0 points in the gradebook, or none, and is flagged for a
        human: the machine failed or was switched off, a limit was met, it is unclear what was
        handed in, a human's points are missing. None of that is a 0. Points by hand are final,
        however a cell is flagged: nbgrader flags them again at each regrade. A file of a student's
        that can't be read has 0 points and no flag: that is final, too, and the feedback page says
        why.
        """
        marks = [mark for notebook in self.notebooks for mark in notebook.grades.values()]
        waiting = [mark for mark in marks if mark.manual is None]
        if any(mark.automatic is None for mark in waiting):  # of a test, or what a human grades
            return "is not graded to the end"
        return "is flagged for you" if any(mark.flagged for mark in waiting) else ""


class GradesExporter(ExportPlugin):
    """What the exporters have in common: whose points to export, and which."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._works: dict[str, dict[str, Work]] = {}  # by assignment and student

    late_penalties = Bool(True, help="Subtract the penalties for late work.").tag(config=True)

    missing = Enum(
        ("empty", "zero"),
        default_value="empty",
        help="What a student gets who handed in nothing, or whose work isn't graded yet.",
    ).tag(config=True)

    flagged = Enum(
        ("empty", "points"),
        default_value="empty",
        help="What a student gets whose work waits for a human: no points, or those so far.",
    ).tag(config=True)

    section = Unicode(
        "", help="Only the students of this section, as `python -m grading roster` has read it."
    ).tag(config=True)

    default_file = ""
    needs = "the identifier"  # by which the system finds a student, for messages

    @property
    def file(self) -> str:
        """The path to write to."""
        return self.to or self.default_file

    def students(self, gradebook: Gradebook) -> list[Student]:
        """The students asked for by `--student`, or all, by their ids."""
        chosen = self._selected({s.id: s for s in gradebook.students}, self.student)
        known = set(StudentIds(parent=self).known(student.id for student in chosen))
        students = [student for student in chosen if student.id in known]
        if self.section:
            roster = self.roster()
            students = [one for one in students if roster.section_of(one.id) == self.section]
        return students

    def roster(self) -> Roster:
        """What is known of the students' names and numbers in learning systems."""
        try:
            return Roster.of(self.parent.coursedir.root)
        except TableError as error:
            self.parent.fail(f"{error}")
            raise  # `fail` has ended the command

    def one_assignment(self, gradebook: Gradebook) -> Assignment:
        """The assignment asked for, in a format that is for one of them."""
        assignments = self.assignments(gradebook)
        if len(assignments) != 1:
            self.parent.fail(
                f"{type(self).__name__} is for one assignment: name it, "
                "for example --assignment='[\"2-vae\"]'."
            )
        return assignments[0]

    def told_apart(
        self, students: Iterable[Student], identifiers: Mapping[str, Iterable[str]]
    ) -> list[Student]:
        """The students whom a system can tell apart. Each of the others is named.

        Moodle, for one, gives the grades of a row without an identifier to the student of the row
        before.

        Args:
            students: in their order.
            identifiers: {student: what the system finds the student by, one for each column}; ""
                where there is nothing in a column.
        """
        owners: dict[tuple[int, str], list[str]] = {}
        students = list(students)
        for student in students:
            for column, value in enumerate(identifiers[student.id]):
                owners.setdefault((column, value.casefold()), []).append(student.id)
        found = []
        for student in students:
            own = [(n, v) for n, v in enumerate(identifiers[student.id]) if v]
            shared = [v for n, v in own if len(owners[n, v.casefold()]) > 1]
            if not own:
                self.log.error("Not exported: %s, of whom %s is not known", student.id, self.needs)
            elif shared:
                self.log.error("Not exported: %s, who shares %r", student.id, plain_line(shared[0]))
            else:
                found.append(student)
        return found

    def assignments(self, gradebook: Gradebook) -> list[Assignment]:
        """The assignments asked for by `--assignment`, or all, by their names."""
        return self._selected({a.name: a for a in gradebook.assignments}, self.assignment)

    def field(self, value: str | None) -> str:
        """A field by which the system finds a student: escaped, and told where that changes it."""
        text = plain_name(value)
        if text != (value or ""):
            self.log.warning("%r is exported as %r: the import may not find it", value, text)
        return text

    def _selected(self, known: dict[str, Entry], names: list[Any]) -> list[Entry]:
        names = sorted({str(name) for name in names} or known)
        unknown = [name for name in names if name not in known]
        if unknown:
            self.parent.fail(f"The gradebook doesn't know {', '.join(map(plain_line, unknown))}.")
        return [known[name] for name in names]

    def work(self, gradebook: Gradebook, assignment: str, student: str) -> Work | None:
        """What a student handed in; None where there is nothing."""
        if assignment not in self._works:
            found = defaultdict[str, list[Marks]](list)
            for (whose, _), marks in marks_of(gradebook, assignment).items():
                found[whose].append(marks)
            self._works[assignment] = {
                whose: Work(assignment, whose, tuple(marks)) for whose, marks in found.items()
            }
        return self._works[assignment].get(student)

    def graded(self, gradebook: Gradebook, assignment: str, student: str) -> Work | None:
        """The student's graded work; None where there is none."""
        work = self.work(gradebook, assignment, student)
        return work if work and work.is_graded else None

    def is_final(self, work: Work) -> bool:
        """Whether the points of graded work are exported; says so where they aren't."""
        why = work.unsettled
        if why:
            told = "" if self.flagged == "points" else ": no points are exported"
            self.log.warning("%s of %s %s%s", work.assignment, plain_line(work.student), why, told)
        return not why or self.flagged == "points"

    def points(self, work: Work | None) -> float | None:
        """The points to export, None for an empty field."""
        if work is None:
            return 0.0 if self.missing == "zero" else None
        if not self.is_final(work):
            return None
        penalty = work.late_penalty if self.late_penalties else 0.0
        return round(max(0.0, work.raw_score - penalty), 4)

    def comments(self, work: Work) -> list[str]:
        """What a student is told of a submission: the penalty, and the comments."""
        pairs = [pair for marks in work.notebooks for pair in marks.comments.values()]
        told = [automatic if manual is None else manual for automatic, manual in pairs]
        texts = list(filter(None, told))
        if self.late_penalties and work.late_penalty:
            texts.insert(0, f"Handed in late: {count(work.late_penalty, 'point')} less.")
        return texts
