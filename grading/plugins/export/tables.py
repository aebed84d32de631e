"""Tables, a row for each student: nbgrader's own, and those that learning systems import.

Canvas: community.canvaslms.com, "How do I import grades in the Gradebook?".
Moodle: docs.moodle.org, "Grade import"; grade/import/csv/classes/load_data.php.
Brightspace: community.d2l.com/brightspace/kb/articles/3538-importing-grades.
Blackboard: help.blackboard.com, "Upload or download grades"; the title of a column is that of the
downloaded file, with the number by which Blackboard finds it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Assignment, Gradebook, Student
from traitlets import Dict, Enum, Unicode

from grading.plain import plain_line, plain_name
from grading.plugins.export.base import GradesExporter, Work
from grading.plugins.systems.roster import Roster

COLUMNS = (  # of nbgrader's own table
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


@dataclass(frozen=True)
class Row:
    """A student's row: what says who it is, and the points of each assignment; None: no points."""

    identity: tuple[str, ...]
    points: tuple[float | None, ...]


class TableExporter(GradesExporter):
    """A CSV file, UTF-8 without byte order mark: a row for each student, a column an assignment."""

    titles = Dict(
        per_key_traits=None,
        help="Titles of the columns where they differ from nbgrader's names: {name: title}.",
    ).tag(config=True)

    system = ""  # whose ids of roster.json are asked for
    empty = ""  # how the system writes that there is no grade
    last: tuple[str, str] | None = None  # a column after all others, and what is in it
    quoting: int = csv.QUOTE_MINIMAL

    def columns(self) -> list[str]:
        """The titles of the columns that say who a student is."""
        raise NotImplementedError

    def identifiers(self, student: Student, roster: Roster) -> dict[str, str]:
        """What the system finds a student by: {title of a column: field}, "" where unknown."""
        raise NotImplementedError

    def identity(self, student: Student, roster: Roster) -> dict[str, str]:
        """What else is in these columns, for who reads the table."""
        return {}

    def title(self, assignment: Assignment) -> str:
        """The title of an assignment's column."""
        return self.titles.get(assignment.name, assignment.name)

    def first_rows(self, assignments: list[Assignment]) -> list[list[str]]:
        """Rows between the titles and the students."""
        return []

    def rows(self, gradebook: Gradebook, assignments: list[Assignment]) -> Iterator[Row]:
        """The students whom the system can tell apart, and their points."""
        roster = self.roster()
        students = self.students(gradebook)
        ids = {one.id: self.identifiers(one, roster) for one in students}
        named = {student: tuple(values.values()) for student, values in ids.items()}
        for student in self.told_apart(students, named):
            fields = {name: self.field(value) for name, value in ids[student.id].items()}
            fields = self.identity(student, roster) | fields
            yield Row(
                tuple(fields.get(title, "") for title in self.columns()),
                tuple(
                    self.points(self.graded(gradebook, one.name, student.id)) for one in assignments
                ),
            )

    def export(self, gradebook: Gradebook) -> None:
        """Writes the table to `--to`."""
        assignments = self.assignments(gradebook)
        titles = [*self.columns(), *map(self.title, assignments)]
        end = [self.last[1]] if self.last else []
        self.log.info("Exporting grades to %s", self.file)
        with open(self.file, "w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, quoting=self.quoting)  # type: ignore[arg-type]
            table.writerow([*titles, self.last[0]] if self.last else titles)
            table.writerows(self.first_rows(assignments))
            for row in self.rows(gradebook, assignments):
                points = [self.empty if p is None else f"{p:g}" for p in row.points]
                table.writerow([*row.identity, *points, *end])


class CsvExporter(GradesExporter):
    """nbgrader's own table: a row for each student and assignment, every name one field of text."""

    default_file = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Writes the table to `--to`."""
        self.log.info("Exporting grades to %s", self.file)
        students = self.students(gradebook)
        with open(self.file, "w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, COLUMNS)
            table.writeheader()
            for assignment in self.assignments(gradebook):
                times = {work.student_id: work.timestamp for work in assignment.submissions}
                for student in students:
                    work = self.work(gradebook, assignment.name, student.id)
                    table.writerow(
                        self.row(assignment, student, work) | {"timestamp": times.get(student.id)}
                    )

    def row(self, assignment: Assignment, student: Student, work: Work | None) -> dict[str, Any]:
        """The fields of a student's work: 0 points where there is none, none where it waits."""
        names = [student.id, student.last_name, student.first_name, student.email]
        fields: dict[str, float | None] = dict.fromkeys(COLUMNS[7:], 0.0)
        if work and not self.is_final(work):
            fields = dict.fromkeys(COLUMNS[7:])
        elif work:
            fields["raw_score"] = work.raw_score
            fields["late_submission_penalty"] = work.late_penalty
            fields["score"] = max(0.0, work.raw_score - work.late_penalty)
        return {
            "assignment": plain_name(assignment.name),
            "duedate": assignment.duedate,
            **dict(zip(COLUMNS[3:7], map(plain_name, names), strict=True)),
            **fields,
            "max_score": assignment.max_score,
        }


class CanvasExporter(TableExporter):
    """Canvas: *Grades → Import*. Students are found by one of Canvas's three ids."""

    default_file = "canvas.csv"
    system = "Canvas"

    id_column = Enum(
        ("SIS Login ID", "SIS User ID", "ID"),
        default_value="SIS Login ID",
        help="The column that takes nbgrader's student id, where Canvas's own aren't known.",
    ).tag(config=True)

    def columns(self) -> list[str]:
        return ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]

    def identifiers(self, student: Student, roster: Roster) -> dict[str, str]:
        known = {name: roster.id_of(student.id, "Canvas", name) for name in self.columns()[1:4]}
        return known if any(known.values()) else {**known, self.id_column: student.id}

    def identity(self, student: Student, roster: Roster) -> dict[str, str]:
        name = ", ".join(filter(None, [student.last_name, student.first_name]))
        section = plain_name(roster.section_of(student.id))
        return {"Student": plain_name(name or student.id), "Section": section}

    def first_rows(self, assignments: list[Assignment]) -> list[list[str]]:
        return [["Points Possible", *[""] * 4, *[f"{a.max_score:g}" for a in assignments]]]


class MoodleExporter(TableExporter):
    """Moodle: *Grades → Import → CSV file*. Students are found by the one column of identifiers."""

    default_file = "moodle.csv"
    system = "Moodle"
    empty = "-"  # an empty field would be a grade of 0 in a new grade item

    id_column = Unicode(
        "ID number",
        help="What students are found by: 'Email address', or the title of the column of ids, "
        "nbgrader's where Moodle's own aren't known.",
    ).tag(config=True)

    @property
    def needs(self) -> str:  # type: ignore[override]
        """The identifier, for messages."""
        return f"the {self.id_column!r}"

    def columns(self) -> list[str]:
        return ["First name", "Last name", self.id_column]

    def identifiers(self, student: Student, roster: Roster) -> dict[str, str]:
        known = roster.id_of(student.id, "Moodle", self.id_column)
        own = address_of(student) if self.id_column == "Email address" else student.id
        return {self.id_column: known or own}

    def identity(self, student: Student, roster: Roster) -> dict[str, str]:
        return {
            "First name": plain_name(student.first_name),
            "Last name": plain_name(student.last_name),
        }


class BrightspaceExporter(TableExporter):
    """Brightspace: *Grades → Enter Grades → Import*. Students are found by name or number."""

    default_file = "brightspace.csv"
    last = ("End-of-Line Indicator", "#")

    id_column = Enum(
        ("Username", "OrgDefinedId"),
        default_value="Username",
        help="The column that takes nbgrader's student id.",
    ).tag(config=True)

    def columns(self) -> list[str]:
        return [self.id_column]

    def identifiers(self, student: Student, roster: Roster) -> dict[str, str]:
        return {self.id_column: student.id}

    def title(self, assignment: Assignment) -> str:
        return f"{super().title(assignment)} Points Grade"


class BlackboardExporter(TableExporter):
    """Blackboard: *Gradebook → Upload*. Columns are found by the number in their titles."""

    default_file = "blackboard.csv"
    quoting = csv.QUOTE_ALL  # which Blackboard asks for in files with commas

    column_ids = Dict(
        per_key_traits=None,
        help="Blackboard's numbers of the columns, as in the titles of a downloaded gradebook "
        "after '|': {name: number}.",
    ).tag(config=True)

    def columns(self) -> list[str]:
        return ["Username"]

    def identifiers(self, student: Student, roster: Roster) -> dict[str, str]:
        return {"Username": student.id}

    def title(self, assignment: Assignment) -> str:
        number = str(self.column_ids.get(assignment.name, ""))
        if not number.isdigit():
            self.parent.fail(
                f"Blackboard finds the column of {plain_line(assignment.name)} by its number. "
                "Download the gradebook, look for it after '|' in the column's title, and say "
                f'c.BlackboardExporter.column_ids = {{"{plain_line(assignment.name)}": "12345"}}.'
            )
        return f"{super().title(assignment)} [Total Pts: {assignment.max_score:g} Score] |{number}"


def address_of(student: Student) -> str:
    """A student's e-mail address: the one in the gradebook, or the id, if it is one."""
    return student.email or (student.id if "@" in student.id else "")
