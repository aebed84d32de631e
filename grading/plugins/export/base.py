"""Whose points are exported, and which."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Enum, Unicode

from grading.coordinator.students import StudentIds
from grading.plain import plain_line, plain_name
from grading.plugins.systems.roster import Roster
from grading.plugins.systems.table import TableError
from helpers.words import count

Entry = TypeVar("Entry")


class GradesExporter(ExportPlugin):
    """What the exporters have in common: whose points to export, and which."""

    late_penalties = Bool(True, help="Subtract the penalties for late work.").tag(config=True)

    missing = Enum(
        ("empty", "zero"),
        default_value="empty",
        help="What a student gets who handed in nothing, or whose work isn't graded yet.",
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

    def graded(
        self, gradebook: Gradebook, assignment: str, student: str
    ) -> SubmittedAssignment | None:
        """The student's graded submission; None where there is none."""
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return None
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        known = any(g.auto_score is not None or g.manual_score is not None for g in grades)
        if known and submission.needs_manual_grade:
            self.log.warning("%s of %s waits for points by hand", assignment, student)
        return submission if known else None

    def points(self, submission: SubmittedAssignment | None) -> float | None:
        """The points to export, None for an empty field."""
        if submission is None:
            return 0.0 if self.missing == "zero" else None
        penalty = submission.late_submission_penalty if self.late_penalties else 0.0
        return round(max(0.0, float(submission.score - penalty)), 4)

    def comments(self, submission: SubmittedAssignment) -> list[str]:
        """What a student is told of a submission: the penalty, and the comments."""
        notebooks = submission.notebooks
        texts = [c.comment for notebook in notebooks for c in notebook.comments if c.comment]
        penalty = submission.late_submission_penalty
        if self.late_penalties and penalty:
            texts.insert(0, f"Handed in late: {count(penalty, 'point')} less.")
        return texts
