"""Moodle's grading worksheet: points and comments in the file that the assignment gives.

docs.moodle.org, "Assignment grading"; mod/assign/feedback/offline/importgradeslib.php: rows are
found by "Participant 123", a number that only this file has.
"""

import csv
import html
from pathlib import Path

from nbgrader.api import Gradebook
from traitlets import Bool, Unicode

from grading.plain import plain_line, plain_lines
from grading.plugins.export.base import GradesExporter, Work
from grading.plugins.systems.enrol import match
from grading.plugins.systems.lists import students_in
from grading.plugins.systems.table import TableError, read

OURS = "Graded by the course's tests."  # begins each comment that is written here


class MoodleWorksheetExporter(GradesExporter):
    """The grading worksheet of one assignment in Moodle, with points and comments filled in.

    What else is in it stays, most of all the time of the last change: a grade that was changed in
    Moodle since the download isn't taken over there. A comment that somebody else wrote stays, too.
    """

    default_file = "worksheet.csv"

    worksheet = Unicode("", help="The file that *Download grading worksheet* gave.").tag(
        config=True
    )
    grade_column = Unicode(
        "Grade", help="The title of its column for grades; Moodle's pages can have other languages."
    ).tag(config=True)
    comment_column = Unicode(
        "Feedback comments", help="The title of its column for comments, if it has one."
    ).tag(config=True)
    comments_too = Bool(True, help="Write comments, where the worksheet has a column.").tag(
        config=True
    )

    def export(self, gradebook: Gradebook) -> None:
        """Writes the filled worksheet to `--to`."""
        assignment = self.one_assignment(gradebook)
        if not self.worksheet:
            self.parent.fail(
                "Download the assignment's grading worksheet from Moodle, and name it: "
                "--MoodleWorksheetExporter.worksheet=FILE."
            )
        try:
            table = read(Path(self.worksheet))
            form, entries = students_in(table, Path(self.worksheet))
        except TableError as error:
            self.parent.fail(f"{error}")
        titles = [title.strip() for title in table.titles]
        if self.grade_column not in titles or not any(entry.participant for entry in entries):
            self.parent.fail(
                f"{self.worksheet} has no column {self.grade_column!r}, or no participants: it is "
                f"no grading worksheet, or in another language. Its columns are: "
                f"{', '.join(map(plain_line, titles))}. Say which takes the grades with "
                "--MoodleWorksheetExporter.grade_column=..., and the comments with comment_column."
            )
        students = {student.id: student for student in self.students(gradebook)}
        found, why = match(form, entries, gradebook.students, self.roster())
        rows = [list(row) for row in table.rows]
        for entry in entries:
            student = found.get(entry.row)
            if student is None:
                reason = why.get(entry.row, f"{entry.name} is not known in the gradebook.")
                self.log.warning("Left as it was: line %d: %s", entry.row + 2, plain_line(reason))
            elif student in students:
                work = self.graded(gradebook, assignment.name, student)
                points = self.points(work)
                if points is not None:
                    rows[entry.row][titles.index(self.grade_column)] = f"{points:g}"
                    self._comment(rows[entry.row], titles, work, student)
        for student in sorted(students.keys() - found.values()):
            self.log.warning("%s is not in the worksheet", student)
        self.log.info("Exporting grades to %s", self.file)
        with open(self.file, "w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([table.titles, *rows])

    def _comment(self, row: list[str], titles: list[str], work: Work | None, student: str) -> None:
        if not self.comments_too or self.comment_column not in titles or work is None:
            return
        place = titles.index(self.comment_column)
        if row[place].strip() and OURS not in row[place]:
            self.log.warning("%s has a comment in the worksheet already: it stays", student)
            return
        texts = [plain_lines(text) for text in [OURS, *self.comments(work)]]
        row[place] = "".join(f"<p>{'<br>'.join(html.escape(t).splitlines())}</p>" for t in texts)
