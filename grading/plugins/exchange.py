"""The way of feedback pages back to the students who handed in through nbgrader's exchange."""

import os
import shutil
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from grading.feedback.current import is_current, state

SECRET = "submission_secret.txt"


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases each page under the name that only its student can work out.

    nbgrader's own reads two of the student's files beside the page, where this course keeps none,
    and a single submission that came another way than through the exchange ends it.
    """

    def copy_files(self) -> None:
        """Copies the pages of the assignment; says which of them no student could fetch."""
        excluded = self.coursedir.student_id_exclude.split(",")
        assignment = self.coursedir.assignment_id
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            students = {work.student.id for work in gradebook.assignment_submissions(assignment)}
        wanted = self.coursedir.student_id or "*"
        chosen = {wanted} & students or {name for name in students if fnmatch(name, wanted)}
        for student in sorted(chosen - set(excluded)):
            self._release(student, assignment)

    def _release(self, student: str, assignment: str) -> None:
        steps = self.coursedir.autograded_directory, self.coursedir.feedback_directory
        graded, feedback = (
            Path(self.coursedir.format_path(step, student, assignment)) for step in steps
        )
        for page in sorted(feedback.glob("*.html")):
            if not (graded / SECRET).is_file():
                self.log.warning(
                    "Not handed in through the exchange, so %s has to get this page from you: %s",
                    student,
                    page,
                )
                continue
            made_from = state(self.coursedir, student, assignment, page.stem)
            if made_from and not is_current(page, made_from):
                self.log.warning(
                    "The grade of %s has changed since this page was made: please run `nbgrader "
                    "generate_feedback %s` and release it again. %s",
                    *(student, assignment, page),
                )
            secret = (graded / SECRET).read_text(errors="replace")
            name = notebook_hash(secret=secret, notebook_id=page.stem)
            released = Path(self.dest_path, f"{name}.html")
            half = released.with_suffix(".part")
            shutil.copy(page, half)
            os.replace(half, released)
            self.log.info("Released the feedback on %s for %s", page.stem, student)
