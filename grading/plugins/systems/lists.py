"""Which columns of a learning system's list of its students say who a student is.

Canvas: *Grades → Export* (community.canvaslms.com, "How do I export grades in the Gradebook?" and
"How do I import grades in the Gradebook?": Student, ID, SIS User ID, SIS Login ID, Section, then a
row *Points Possible*).
Moodle: an assignment's *Download grading worksheet* (docs.moodle.org, "Assignment grading";
mod/assign/feedback/offline/importgradeslib.php reads it back by Identifier), and *Participants →
With selected users → Download as CSV* (docs.moodle.org, "Participants").
Gradescope: *Roster → Download Roster* (guides.gradescope.com, "Adding Students and Staff": first
and last name or full name, SID, Email, Role; a section's title holds the word "section").
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grading.plugins.systems.table import Table, TableError

EMAIL, IDENTIFIER, FULL_NAME = "Email address", "Identifier", "Full name"
SAME = {"Surname": "Last name", "Family name": "Last name", "Section Name": "Section"}
PARTICIPANT = re.compile(r"\D*?(\d+)")


@dataclass(frozen=True)
class Format:
    """A list: the titles that it is known by, and what they mean; "": it has no such column."""

    system: str
    known_by: tuple[str, ...]
    ids: tuple[str, ...]  # each a name for the student in the system, the best one first
    email: str = ""
    first: str = ""
    last: str = ""
    full: str = ""  # the name in one column
    section: str = ""
    role: str = ""
    number: str = ""  # the system's own, for the gradebook's `lms_user_id`


FORMATS = (
    Format(
        "Canvas",
        ("Student", "ID", "Section"),
        ("SIS Login ID", "SIS User ID", "ID"),
        full="Student",
        section="Section",
        number="ID",
    ),
    Format(
        "Moodle",
        (IDENTIFIER, FULL_NAME),
        ("ID number", "Username", EMAIL),
        email=EMAIL,
        full=FULL_NAME,
    ),
    Format(
        "Moodle",
        ("First name", "Last name", EMAIL),
        ("ID number", "Username", EMAIL),
        email=EMAIL,
        first="First name",
        last="Last name",
        section="Groups",
        role="Roles",
    ),
    Format(
        "Gradescope",
        ("SID", "Email", "Role"),
        ("SID", "Email"),
        email="Email",
        first="First Name",
        last="Last Name",
        full="Name",
        section="Sections",
        role="Role",
    ),
)
NOBODY = {"Points Possible", "Student, Test", "Test Student"}  # rows of Canvas that aren't students


@dataclass(frozen=True)
class Entry:
    """A student as a list has it; "": the list doesn't say."""

    row: int  # of the table, from 0
    ids: Mapping[str, str]  # {column: what the student is called there}
    first: str
    last: str
    email: str
    section: str
    number: str
    participant: str  # in one assignment of Moodle's

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.first} {self.last}".strip() or next(iter(self.ids.values()), "nobody")


def students_in(table: Table, path: Path) -> tuple[Format, list[Entry]]:
    """The students in a list, and whose list it is.

    Raises:
        TableError: it is none that is known here, or there are no students in it.
    """
    records = [
        {SAME.get(title, title): field for title, field in record.items()}
        for record in table.records()
    ]
    titles = set(records[0]) if records else set()
    known = [one for one in FORMATS if titles.issuperset(one.known_by)]
    if not known:
        records = _translated(records)
        known = [one for one in FORMATS if records and set(records[0]).issuperset(one.known_by)]
    if not known:
        needed = "; ".join(f"{one.system}: {', '.join(one.known_by)}" for one in FORMATS)
        raise TableError(
            f"{path} is no list that is known here. Its columns are: "
            f"{', '.join(sorted(titles))}. Known are lists with the columns {needed}. "
            "Moodle writes them in English while English is the language of your profile."
        )
    form = known[0]
    entries = [_entry(form, record, row) for row, record in enumerate(records)]
    found = [entry for entry in entries if entry]
    if not found:
        raise TableError(f"{path} lists no students.")
    return form, found


def _entry(form: Format, record: Mapping[str, str], row: int) -> Entry | None:
    """The student of a row; None: it is nobody, or not a student."""
    full = record.get(form.full, "") if form.full else ""
    role = record.get(form.role, "") if form.role else ""
    if full in NOBODY or (role and "student" not in role.lower()):
        return None
    first, last = record.get(form.first, ""), record.get(form.last, "")
    if not (first or last):
        if form.system == "Canvas":
            last, _, first = (part.strip() for part in full.partition(","))
        else:
            first, _, last = (part.strip() for part in full.partition(" "))
    sections = (record[title] for title in record if _is_section(form, title))
    participant = PARTICIPANT.fullmatch(record.get(IDENTIFIER, ""))
    return Entry(
        row=row,
        ids={column: record[column] for column in form.ids if record.get(column)},
        first=first,
        last=last,
        email=record.get(form.email, "") if form.email else "",
        section=", ".join(filter(None, sections)),
        number=record.get(form.number, "") if form.number else "",
        participant=participant[1] if participant else "",
    )


def _is_section(form: Format, title: str) -> bool:
    in_title = form.system == "Gradescope" and "section" in title.lower()
    return bool(form.section) and (title == form.section or in_title)


def _translated(records: list[dict[str, str]]) -> list[dict[str, str]]:
    """A worksheet of Moodle's in another language, with the titles that it has in English.

    It begins with "Participant 123" in that language, the name follows, and addresses are told by
    their "@". Other tables stay as they are.
    """
    titles = list(records[0]) if records else []
    columns = {title: [record[title] for record in records] for title in titles}
    addresses = [t for t in titles if any(columns[t]) and all("@" in f for f in columns[t] if f)]
    first = columns[titles[0]] if titles else []
    words = os.path.commonprefix(first).rstrip("0123456789")
    if not words or not addresses or not all(PARTICIPANT.fullmatch(one) for one in first):
        return records
    english = {titles[0]: IDENTIFIER, titles[1]: FULL_NAME, addresses[0]: EMAIL}
    return [{english.get(t, t): field for t, field in record.items()} for record in records]
