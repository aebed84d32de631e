"""Feedback pages in one archive, as learning systems hand them out.

Moodle: *Upload multiple feedback files in a zip* (docs.moodle.org, "Assignment grading";
mod/assign/feedback/file/importziplib.php: a folder name_number_assignsubmission_file_ a student).
Canvas: *Upload Submissions* (community.canvaslms.com, "How do I upload all student submissions for
an assignment?"): a file belongs to the student and the submitted file whose numbers it bears.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from nbgrader.api import Gradebook
from nbgrader.apps.zipcollectapp import ZipCollectApp

from grading.coordinator.folder import showable
from grading.plain import plain_line
from grading.plugins.export.base import GradesExporter
from grading.plugins.systems.downloads import Named, Owners, named
from helpers.words import count


class PagesExporter(GradesExporter):
    """The pages that `nbgrader generate_feedback` has made of one assignment, in a zip file."""

    system: ClassVar[str]

    def entries(
        self, student: str, name: str, pages: list[Path], files: list[Named], number: str
    ) -> Iterator[tuple[Path, str]]:
        """The pages and their names in the archive; none where the system can't be told whose.

        Args:
            name: the student's own.
            files: those of the student's in the download that was collected.
            number: Moodle's of the student in this assignment; "": it isn't known.
        """
        raise NotImplementedError

    def export(self, gradebook: Gradebook) -> None:
        """Writes the archive to `--to`."""
        assignment = self.one_assignment(gradebook)
        course = self.parent.coursedir
        self.roster()  # fails where it is damaged
        owners = Owners.of(course, assignment.name)
        numbers = {student: number for number, student in owners.moodle.items()}
        files: dict[str, list[Named]] = {}
        for one in self._collected(assignment.name):
            whose = owners.owners(one)
            if one.system == self.system and len(whose) == 1:
                files.setdefault(whose.pop(), []).append(one)
        packed = 0
        with zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED) as archive:
            for student in self.students(gradebook):
                folder = course.format_path(course.feedback_directory, student.id, assignment.name)
                pages = sorted(Path(folder).glob("*.html"))
                full = f"{student.first_name or ''} {student.last_name or ''}".strip()
                own, number = files.get(student.id, []), numbers.get(student.id, "")
                entries = list(self.entries(student.id, full, pages, own, number))
                if pages and not entries:
                    self.log.error("Not exported: %s, of whom %s", student.id, self.needs)
                for page, name in entries:
                    archive.write(page, showable(name))
                packed += bool(entries)
        if not packed:
            Path(self.file).unlink()
            self.parent.fail(
                f"There are no pages to export: `nbgrader generate_feedback {assignment.name}` "
                "makes them."
            )
        self.log.info("Exporting the pages of %s to %s", count(packed, "student"), self.file)

    def _collected(self, assignment: str) -> Iterator[Named]:
        """What the names of the downloaded files say, as `nbgrader zip_collect` left them."""
        app = ZipCollectApp(parent=self.parent)
        app.coursedir = self.parent.coursedir
        app.coursedir.assignment_id = assignment
        root = Path(app._format_collect_path(app.extracted_directory))
        for path in sorted(root.rglob("*.ipynb")):
            if one := named(path.relative_to(root)):
                yield one


class MoodlePagesExporter(PagesExporter):
    """For Moodle: *Upload multiple feedback files in a zip*."""

    default_file = "moodle-feedback.zip"
    system = "Moodle"
    needs = (
        "the participant number is not known: read the grading worksheet with "
        "`python -m grading roster FILE --assignment NAME`"
    )

    def entries(
        self, student: str, name: str, pages: list[Path], files: list[Named], number: str
    ) -> Iterator[tuple[Path, str]]:
        number = number or (files[0].number if files else "")
        shown = plain_line(name or student).replace("_", " ").replace("/", " ")
        if number:
            for page in pages:
                yield page, f"{shown}_{number}_assignsubmission_file/{page.name}"


class CanvasPagesExporter(PagesExporter):
    """For Canvas: *Upload Submissions*."""

    default_file = "canvas-feedback.zip"
    system = "Canvas"
    needs = "no file is in the download that was collected with `nbgrader zip_collect`"

    def entries(
        self, student: str, name: str, pages: list[Path], files: list[Named], number: str
    ) -> Iterator[tuple[Path, str]]:
        files = sorted(files, key=lambda one: one.file_number)
        for page in pages:
            same = [one for one in files if one.file.startswith(page.stem)] or files
            if same:
                yield page, f"{same[-1].prefix}{page.stem}.html"
