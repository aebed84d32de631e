"""The gradebook in the formats of other systems: `nbgrader export --exporter=<class> --to=<file>`.

Each class writes one documented import format; docs/instructors.md says what to upload where.
"""

import csv
import json
import zipfile
from typing import Any, TypeVar

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Enum, Unicode

from grading.coordinator.students import StudentIds
from grading.plain import plain_line, plain_name
from helpers.words import count

COLUMNS = (  # of nbgrader's own table
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
Entry = TypeVar("Entry")


def unsettled(work: SubmittedAssignment) -> str:
    """Why the points of graded work aren't final, in words; "" where they are.

    What the grader couldn't judge has 0 points in the gradebook, or none, and is flagged for a
    human (`needs_manual_grade`): the machine failed or was switched off, a limit was met, it is
    unclear what was handed in, a human's points are missing. None of that is a 0. Points by hand
    are final, however a cell is flagged: nbgrader flags them again at each regrade. A file of a
    student's that can't be read has 0 points and no flag: that is final, too, and the feedback page
    says why.
    """
    grades = [grade for notebook in work.notebooks for grade in notebook.grades]
    waiting = [grade for grade in grades if grade.manual_score is None]
    if any(grade.auto_score is None for grade in waiting):  # of a test, or of what a human grades
        return "is not graded to the end"
    return "is flagged for you" if any(grade.needs_manual_grade for grade in waiting) else ""


class GradesExporter(ExportPlugin):
    """What the exporters have in common: whose points to export, and which."""

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

    default_file = ""

    @property
    def file(self) -> str:
        """The path to write to."""
        return self.to or self.default_file

    def students(self, gradebook: Gradebook) -> list[Student]:
        """The students asked for by `--student`, or all, by their ids."""
        chosen = self._selected({s.id: s for s in gradebook.students}, self.student)
        known = set(StudentIds(parent=self).known(student.id for student in chosen))
        return [student for student in chosen if student.id in known]

    def assignments(self, gradebook: Gradebook) -> list[Assignment]:
        """The assignments asked for by `--assignment`, or all, by their names."""
        return self._selected({a.name: a for a in gradebook.assignments}, self.assignment)

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
        return submission if known else None

    def is_final(self, submission: SubmittedAssignment) -> bool:
        """Whether the points of a graded submission are exported; says so where they aren't."""
        why = unsettled(submission)
        if why:
            name, student = submission.assignment.name, submission.student.id
            told = "" if self.flagged == "points" else ": no points are exported"
            self.log.warning("%s of %s %s%s", name, plain_line(student), why, told)
        return not why or self.flagged == "points"

    def points(self, submission: SubmittedAssignment | None) -> float | None:
        """The points to export, None for an empty field."""
        if submission is None:
            return 0.0 if self.missing == "zero" else None
        if not self.is_final(submission):
            return None
        penalty = submission.late_submission_penalty if self.late_penalties else 0.0
        return round(max(0.0, float(submission.score - penalty)), 4)


class TableExporter(GradesExporter):
    """A CSV file, UTF-8 without byte order mark: a row for each student, a column an assignment."""

    titles = Dict(
        per_key_traits=None,
        help="Titles of the columns where they differ from nbgrader's names: {name: title}.",
    ).tag(config=True)

    empty = ""  # how the system writes that there is no grade

    def columns(self) -> list[str]:
        """The titles of the columns that say who a student is."""
        raise NotImplementedError

    def identity(self, student: Student) -> list[str]:
        """A student's fields in these columns."""
        raise NotImplementedError

    def first_rows(self, assignments: list[Assignment]) -> list[list[str]]:
        """Rows between the titles and the students."""
        return []

    def field(self, value: str | None) -> str:
        """A field by which the system finds a student: escaped, and told where that changes it."""
        text = plain_name(value)
        if text != (value or ""):
            self.log.warning("%r is exported as %r: the import may not find it", value, text)
        return text

    def export(self, gradebook: Gradebook) -> None:
        """Writes the table to `--to`."""
        assignments = self.assignments(gradebook)
        titles = [self.titles.get(a.name, a.name) for a in assignments]
        self.log.info("Exporting grades to %s", self.file)
        with open(self.file, "w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow([*self.columns(), *titles])
            rows.writerows(self.first_rows(assignments))
            for student in self.students(gradebook):
                points = [
                    self.points(self.graded(gradebook, a.name, student.id)) for a in assignments
                ]
                fields = [self.empty if p is None else f"{p:g}" for p in points]
                rows.writerow([*self.identity(student), *fields])


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
                for student in students:
                    table.writerow(self.row(gradebook, assignment, student))

    def row(self, gradebook: Gradebook, assignment: Assignment, student: Student) -> dict[str, Any]:
        """The fields of a student's work: 0 points where there is none, none where it waits."""
        names = [student.id, student.last_name, student.first_name, student.email]
        fields: dict[str, float | None] = dict.fromkeys(COLUMNS[7:], 0.0)
        try:
            work = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            work = None
        if work and not self.is_final(work):
            fields = dict.fromkeys(COLUMNS[7:])
        elif work:
            fields["raw_score"] = work.score
            fields["late_submission_penalty"] = work.late_submission_penalty
            fields["score"] = max(0.0, work.score - work.late_submission_penalty)
        return {
            "assignment": plain_name(assignment.name),
            "duedate": assignment.duedate,
            "timestamp": work and work.timestamp,
            **dict(zip(COLUMNS[3:7], map(plain_name, names), strict=True)),
            **fields,
            "max_score": assignment.max_score,
        }


class CanvasExporter(TableExporter):
    """Canvas: *Grades → Import*. Students are found by one of Canvas's three ids."""

    default_file = "canvas.csv"

    id_column = Enum(
        ("SIS Login ID", "SIS User ID", "ID"),
        default_value="SIS Login ID",
        help="The column that takes nbgrader's student id.",
    ).tag(config=True)

    def columns(self) -> list[str]:
        return ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]

    def identity(self, student: Student) -> list[str]:
        name = ", ".join(filter(None, [student.last_name, student.first_name]))
        fields = dict.fromkeys(self.columns(), "")
        fields["Student"] = plain_name(name or student.id)
        fields[self.id_column] = self.field(student.id)
        return list(fields.values())

    def first_rows(self, assignments: list[Assignment]) -> list[list[str]]:
        return [["Points Possible", *[""] * 4, *[f"{a.max_score:g}" for a in assignments]]]


class MoodleExporter(TableExporter):
    """Moodle: *Grades → Import → CSV file*. Students are found by id number or e-mail address."""

    default_file = "moodle.csv"
    empty = "-"  # an empty field would be a grade of 0 in a new grade item

    id_column = Unicode("ID number", help="The title of the column of nbgrader's ids.").tag(
        config=True
    )

    def columns(self) -> list[str]:
        return ["First name", "Last name", self.id_column, "Email address"]

    def identity(self, student: Student) -> list[str]:
        names = [plain_name(student.first_name), plain_name(student.last_name)]
        return [*names, self.field(student.id), self.field(student.email)]


class GradescopeExporter(GradesExporter):
    """Gradescope: the autograder (a zip file) of one programming assignment.

    Gradescope takes points from an autograder alone. This one looks a student up by the e-mail
    address and hands out what was graded here, a result for each test cell; it runs nothing that
    was handed in.
    """

    default_file = "gradescope.zip"

    visibility = Enum(
        ("after_published", "after_due_date", "visible", "hidden"),
        default_value="after_published",
        help="When students see the results: Gradescope's own words.",
    ).tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Writes the zip file to `--to`."""
        assignments = self.assignments(gradebook)
        if len(assignments) != 1:
            self.parent.fail(
                "An autograder of Gradescope is for one assignment: name it, "
                "for example --assignment='[\"2-vae\"]'."
            )
        results = {}
        for student in self.students(gradebook):
            submission = self.graded(gradebook, assignments[0].name, student.id)
            points = self.points(submission)
            if points is None:
                continue
            address = student.email or (student.id if "@" in student.id else None)
            if not address:
                self.log.warning("%s has no e-mail address: not exported", student.id)
                continue
            results[address.lower()] = self.result(points, submission)
        self.log.info("Exporting %s to %s", count(len(results), "result"), self.file)
        texts = {
            "results.json": json.dumps(results, ensure_ascii=False, indent=1),
            "setup.sh": SETUP,
            "run_autograder": RUN_AUTOGRADER,
        }
        with zipfile.ZipFile(self.file, "w") as archive:
            for name, text in texts.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o755 << 16  # can be executed
                archive.writestr(entry, text, zipfile.ZIP_DEFLATED)

    def result(self, points: float, submission: SubmittedAssignment | None) -> dict[str, Any]:
        """A `results.json` of Gradescope's autograder specification."""
        if submission is None:
            return {"score": points, "output": "Nothing was handed in."}
        notebooks = submission.notebooks
        grades = [grade for notebook in notebooks for grade in notebook.grades]
        texts = [c.comment for notebook in notebooks for c in notebook.comments if c.comment]
        penalty = submission.late_submission_penalty
        if self.late_penalties and penalty:
            texts.insert(0, f"Handed in late: {count(penalty, 'point')} less.")
        return {
            "score": points,
            "output": "\n\n".join(texts),
            "visibility": self.visibility,
            "tests": [
                {"name": grade.name, "score": grade.score, "max_score": grade.max_score}
                for grade in sorted(grades, key=lambda grade: grade.cell.name)
            ],
        }


SETUP = """#!/usr/bin/env bash
command -v python3 || apt-get install -y python3
"""

RUN_AUTOGRADER = '''#!/usr/bin/env python3
"""Hands a student the result of the course's own grading; runs nothing that was handed in."""

import json
import sys
from pathlib import Path

results = json.loads(Path("source/results.json").read_text(encoding="utf-8"))
users = json.loads(Path("submission_metadata.json").read_text(encoding="utf-8"))["users"]
known = [results[user["email"].lower()] for user in users if user["email"].lower() in results]
if not known:
    sys.exit("No points are known for " + ", ".join(user["email"] for user in users))
Path("results/results.json").write_text(json.dumps(known[0]), encoding="utf-8")
'''
