"""`python -m grading roster FILE`: the students of a learning system's list, in the gradebook.

Who is in the gradebook already is found by what the list says, and never by a name: two people can
have one. A row that could mean two students, or that shares an identifier with another row, is
named and left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nbgrader.api import Gradebook, Student
from nbgrader.coursedir import CourseDirectory

from grading.coordinator.students import StudentIds
from grading.plain import plain_line
from grading.plugins.systems.lists import Entry, Format, students_in
from grading.plugins.systems.roster import Roster
from grading.plugins.systems.table import TableError, read
from helpers.words import count

LONGEST = 128  # characters of a name in the gradebook


@dataclass(frozen=True)
class Enrolled:
    """What became of a list."""

    system: str
    column: str  # the one that new students' ids are from
    new: tuple[str, ...]
    known: tuple[str, ...]
    left_out: tuple[str, ...]  # sentences
    absent: tuple[str, ...]  # students of the gradebook's that aren't in the list
    sections: Mapping[str, int]

    def __str__(self) -> str:
        told = [
            f"{self.system}: {count(len(self.new), 'new student')} (ids from the column "
            f"{self.column!r}), {len(self.known)} known."
        ]
        if self.sections:
            told.append("Sections: " + ", ".join(f"{k}: {n}" for k, n in self.sections.items()))
        if self.absent:
            told.append(f"In the gradebook, not in this list: {', '.join(self.absent)}.")
        told += [f"Left out: {why}" for why in self.left_out]
        return "\n".join(map(plain_line, told))


def enrol(course: CourseDirectory, path: Path, column: str = "", assignment: str = "") -> Enrolled:
    """Puts the students of a list into the gradebook, and what else it says into roster.json.

    Args:
        path: of the list.
        column: that ids are taken from; by default the one with most of the ids that the gradebook
            has already, of several the first that most rows have.
        assignment: the list is Moodle's grading worksheet of this one.

    Raises:
        TableError: the list, or roster.json, can't be read, or the column isn't in it.
    """
    roster = Roster.of(course.root)
    form, entries = students_in(read(path), path)
    participants = {entry.participant for entry in entries} - {""}
    if assignment and not participants:
        raise TableError(f"{path} has no participant numbers: it is no grading worksheet.")
    with Gradebook(course.db_url, course.course_id) as gradebook:
        before = {student.id for student in gradebook.students}
        column = _column(form, entries, column, before)
        found, why = match(form, entries, gradebook.students, roster, column)
        ids = StudentIds(parent=course)
        new: list[str] = []
        known: list[str] = []
        numbers: dict[str, str] = {}
        for entry in entries:
            if entry.row in why:
                continue
            student = found.get(entry.row) or entry.ids.get(column, "")
            if not ids.is_one(student):
                why[entry.row] = (
                    f"{student!r}, of {entry.name}, is no student's id here: choose another "
                    "column with --id, or set c.StudentIds.pattern."
                    if student
                    else f"{entry.name} has nothing in the column {column!r}; --id chooses another."
                )
                continue
            fields = {
                "first_name": entry.first[:LONGEST],
                "last_name": entry.last[:LONGEST],
                "email": entry.email,
                "lms_user_id": entry.number,
            }
            gradebook.update_or_create_student(student, **{k: v for k, v in fields.items() if v})
            roster = roster.with_student(student, form.system, entry.ids, entry.section)
            (known if student in before else new).append(student)
            if assignment and entry.participant:
                numbers[entry.participant] = student
    if assignment:
        roster = replace(roster, participants={**roster.participants, assignment: numbers})
    roster.save(course.root)
    sections = Counter(filter(None, map(roster.section_of, [*new, *known])))
    return Enrolled(
        form.system,
        column,
        tuple(new),
        tuple(known),
        tuple(f"line {row + 2}: {why[row]}" for row in sorted(why)),
        tuple(sorted(before - {*new, *known})),
        dict(sorted(sections.items())),
    )


def match(
    form: Format,
    entries: Iterable[Entry],
    students: Iterable[Student],
    roster: Roster,
    column: str = "",
) -> tuple[dict[int, str], dict[int, str]]:
    """Which students of the gradebook's the rows of a list mean.

    Args:
        column: the one that may hold nbgrader's own ids; by default each of them may.

    Returns:
        ({row: student}, {row: why it means nobody for sure}); new students are in neither.
    """
    entries, students = list(entries), list(students)
    ids = {student.id for student in students}
    emails: dict[str, set[str]] = {}
    for student in students:
        emails.setdefault((student.email or "").casefold(), set()).add(student.id)
    columns = (column,) if column else form.ids
    called = {name: roster.called(form.system, name) for name in form.ids}
    shared = _shared(entries)
    found: dict[int, str] = {}
    why: dict[int, str] = {}
    for entry in entries:
        if twice := [value for value in _identifiers(entry) if value in shared]:
            why[entry.row] = f"{entry.name} shares {twice[0][1]!r} with another line."
            continue
        own = {called[name].get(value, "") for name, value in entry.ids.items()}
        own |= {v for name, v in entry.ids.items() if v in ids and name in columns}
        own |= emails.get(entry.email.casefold(), set()) if entry.email else set()
        own &= ids
        if len(own) > 1:
            why[entry.row] = f"{entry.name} can be {' or '.join(sorted(own))} in the gradebook."
        elif own:
            found[entry.row] = own.pop()
    for student, times in Counter(found.values()).items():
        for row in [row for row, one in found.items() if one == student and times > 1]:
            why[row] = f"more than one line means {found.pop(row)} in the gradebook."
    return found, why


def _identifiers(entry: Entry) -> list[tuple[str, str]]:
    """All of a student's identifiers in a list; addresses are the same in any case."""
    own = [*entry.ids.items(), ("email", entry.email), ("participant", entry.participant)]
    return [(column, value.casefold()) for column, value in own if value]


def _shared(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    times = Counter(identifier for entry in entries for identifier in _identifiers(entry))
    return {identifier for identifier, number in times.items() if number > 1}


def _column(form: Format, entries: list[Entry], asked: str, ids: set[str]) -> str:
    present = [name for name in form.ids if any(name in entry.ids for entry in entries)]
    if asked and asked not in present:
        raise TableError(f"The list has no column {asked!r} with ids: it has {', '.join(present)}.")
    if not present:
        raise TableError(f"The list has no ids: none of the columns {', '.join(form.ids)}.")

    def suits(name: str) -> tuple[int, bool]:
        known = sum(entry.ids.get(name) in ids for entry in entries)
        return known, 2 * sum(name in entry.ids for entry in entries) > len(entries)

    return asked or max(present, key=suits)
