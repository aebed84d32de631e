"""What is put into nbgrader's exchange: student versions, and the pages of those who handed in."""

import glob
import os
import re
import shutil
import tempfile
from collections import defaultdict
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.exchange.default import ExchangeReleaseAssignment, ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from grading.coordinator.marks import Marks, marks_of
from grading.coordinator.students import StudentIds
from grading.feedback.current import is_current, state
from grading.plain import plain_line

SECRET = "submission_secret.txt"
LONGEST = 1_000  # characters
READABLE = 0o644  # its name hides it from all but its student


class ReleaseAssignment(ExchangeReleaseAssignment):
    """Releases a student version whole, or not at all.

    nbgrader's own takes the old one away first, and where it ends on the way, by a full disk, say,
    students fetch half of the new one.
    """

    src_path: str
    dest_path: str

    def copy_files(self) -> None:
        """Copies the student version beside the released ones, and then to its place."""
        course, released = self.coursedir, self.dest_path
        if os.path.isdir(released) and not self.force:
            return super().copy_files()  # which says so
        shared = course.groupshared
        beside = tempfile.TemporaryDirectory(
            prefix=".releasing-", dir=self.outbound_path, ignore_cleanup_errors=True
        )
        with beside as folder:
            new, old = os.path.join(folder, "new"), os.path.join(folder, "old")
            self.do_copy(self.src_path, new)
            self.set_perms(new, 0o664 if shared else 0o644, 0o2775 if shared else 0o755)
            if os.path.isdir(released):
                os.rename(released, old)
            os.rename(new, released)
        self.log.info("Released as: %s %s (%s)", course.course_id, course.assignment_id, released)
        return None


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases each page under the name that only its student can work out.

    nbgrader's own reads two of the student's files beside the page, where this course keeps none,
    and a single submission that came another way than through the exchange ends it. Of two students
    with one secret, the page of the second would take the place of the first one's.
    """

    def copy_files(self) -> None:
        """Copies the pages of the assignment; says which of them no student could fetch."""
        excluded = self.coursedir.student_id_exclude.split(",")
        assignment = self.coursedir.assignment_id
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            marks = marks_of(gradebook, assignment)
        students = {student for student, _ in marks}
        wanted = self.coursedir.student_id or "*"
        chosen = {wanted} & students or {name for name in students if fnmatch(name, wanted)}
        known = StudentIds(parent=self).known(sorted(chosen - set(excluded)))
        owners = self._owners_of_secrets()
        pages = sum(self._release(student, assignment, owners, marks) for student in known)
        if not pages:
            self.fail(
                f"There are no feedback pages of '{assignment}' to release. Please run `nbgrader "
                f"generate_feedback {assignment}` first."
            )

    def _owners_of_secrets(self) -> dict[str, set[str]]:
        """Who has handed in with which secret, in any assignment: pages of all lie side by side."""
        owners = defaultdict[str, set[str]](set)
        folder_of = partial(self.coursedir.format_path, self.coursedir.autograded_directory)
        anybody = folder_of("(.*)", ".*", escape=True)
        for folder in glob.glob(folder_of("*", "*")):
            whose, secret = re.fullmatch(anybody, folder, re.S), _secret_in(Path(folder))
            if whose and secret:
                owners[secret].add(whose[1])
        return owners

    def _release(
        self,
        student: str,
        assignment: str,
        owners: dict[str, set[str]],
        marks: dict[tuple[str, str], Marks],
    ) -> int:
        """Releases a student's pages, or says why not; how many there are."""
        steps = self.coursedir.autograded_directory, self.coursedir.feedback_directory
        graded, feedback = (
            Path(self.coursedir.format_path(step, student, assignment)) for step in steps
        )
        secret = _secret_in(graded)
        others = sorted(owners.get(secret, set()) - {student}) if secret else []
        pages = sorted(feedback.glob("*.html"))
        for page in pages:
            if not secret:
                self.log.warning(
                    "Not handed in through the exchange, so %s has to get this page from you: %s",
                    student,
                    page,
                )
                continue
            if others:
                self.log.error(
                    "Handed in with the same secret as %s, so %s has to get this page from you: %s",
                    *(", ".join(map(plain_line, others)), student, page),
                )
                continue
            notebook = graded / f"{page.stem}.ipynb"
            given = marks.get((student, page.stem))
            if (
                given
                and notebook.exists()
                and not is_current(page, state(notebook.read_bytes(), given))
            ):
                self.log.warning(
                    "The grade of %s has changed since this page was made: please run `nbgrader "
                    "generate_feedback %s` and release it again. %s",
                    *(student, assignment, page),
                )
            name = notebook_hash(secret=secret, notebook_id=page.stem)
            released = Path(self.dest_path, f"{name}.html")
            half = released.with_suffix(".part")
            try:
                shutil.copyfile(page, half)  # the page itself is the course's alone
                half.chmod(READABLE)
                os.replace(half, released)
            finally:
                half.unlink(missing_ok=True)
            self.log.info("Released the feedback on %s for %s", page.stem, student)
        return len(pages)


def _secret_in(graded: Path) -> str | None:
    """The secret that a student handed in with; None where there is none that nbgrader makes."""
    try:
        with open(graded / SECRET, errors="replace") as file:
            secret = file.read(LONGEST + 1)
    except OSError:
        return None
    return secret if 0 < len(secret) <= LONGEST else None
