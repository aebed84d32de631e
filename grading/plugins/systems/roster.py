"""What is known of the students' names and numbers in learning systems: `roster.json`.

It lies at the course's root, and holds what nbgrader's gradebook has no place for. Without it
everything works that doesn't need it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grading.plugins.systems.table import TableError

FILE = "roster.json"


@dataclass(frozen=True)
class Known:
    """A student in learning systems."""

    section: str = ""
    ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # {system: {column: id}}


@dataclass(frozen=True)
class Roster:
    """The students by their nbgrader ids, and Moodle's participants, a number an assignment."""

    students: Mapping[str, Known] = field(default_factory=dict)
    participants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # ^ {assignment: {number: student}}

    def id_of(self, student: str, system: str, column: str) -> str:
        """What a student is called in a column of a system's lists; "": that isn't known."""
        return self.students.get(student, Known()).ids.get(system, {}).get(column, "")

    def section_of(self, student: str) -> str:
        """The student's section or group; "": none is known."""
        return self.students.get(student, Known()).section

    def called(self, system: str, column: str) -> dict[str, str]:
        """Students by what they are called in a column of a system's lists."""
        names = {student: self.id_of(student, system, column) for student in self.students}
        return {name: student for student, name in names.items() if name}

    def with_student(
        self, student: str, system: str, ids: Mapping[str, str], section: str
    ) -> "Roster":
        """The same with what a system's list says of a student."""
        old = self.students.get(student, Known())
        known = Known(section or old.section, {**old.ids, system: dict(ids)})
        return replace(self, students={**self.students, student: known})

    @classmethod
    def of(cls, root: str) -> "Roster":
        """The roster of a course; an empty one where there is none.

        Raises:
            TableError: the file is damaged.
        """
        path = Path(root, FILE)
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            students = {
                name: Known(one["section"], one["ids"]) for name, one in said["students"].items()
            }
            return cls(students, said["participants"])
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TableError(
                f"{path} is damaged ({error}): move it away, and read the lists again with "
                "`python -m grading roster`."
            ) from error

    def save(self, root: str) -> None:
        """Writes the file: all of it, or nothing. Only its owner and group may read it."""
        path = Path(root, FILE)
        said: dict[str, Any] = {
            "students": {
                name: {"section": one.section, "ids": one.ids}
                for name, one in self.students.items()
            },
            "participants": self.participants,
        }
        new = path.with_name(f".{FILE}.{os.getpid()}")
        new.write_text(json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")
        new.chmod(0o660)
        new.replace(path)
