"""Whether a feedback page says what the gradebook says now.

nbgrader makes a page again only when the time stamp in `autograded/` is later than the one in
`feedback/`, and knows of no change of a grade. So each page names the state that it was made from.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.generate_feedback import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from grading.coordinator.summary import Summary

META = '<meta name="made-from" content="{}">'  # near the start of the page
HEAD = 1000  # characters that hold it, in whatever order nbconvert writes its attributes


def state(coursedir: CourseDirectory, student: str, assignment: str, notebook: str) -> str:
    """A name for all that a page is made from: the graded notebook, points and comments.

    Returns:
        The name; "" where the notebook isn't graded.
    """
    folder = coursedir.format_path(coursedir.autograded_directory, student, assignment)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            graded = Path(folder, f"{notebook}.ipynb").read_bytes()
            work = gradebook.find_submission_notebook(notebook, assignment, student)
        except (OSError, MissingEntry):
            return ""
        grades = sorted([g.name, g.score, g.max_score] for g in work.grades)
        comments = sorted([c.name, c.comment] for c in work.comments)
        told = json.dumps([grades, comments, work.late_submission_penalty])
    return hashlib.sha256(graded + told.encode()).hexdigest()


def is_current(page: Path, made_from: str) -> bool:
    """Whether a page was made from this state."""
    try:
        with open(page, encoding="utf-8", errors="replace") as file:
            return made_from in file.read(HEAD)
    except OSError:
        return False


MADE, CURRENT = "Feedback pages made", "Left as they are, for nothing has changed"
FAILED = "NOT made: the next run tries again"


def make_what_is_old(converter: GenerateFeedback) -> None:
    """Has a converter make pages again that are not current, and say at the end whose they are."""
    is_wanted, convert = _wanted(converter), converter.convert_notebooks
    coursedir = converter.coursedir
    summary = Summary(MADE, CURRENT, FAILED)
    wanted = []

    def init_destination(assignment: str, student: str) -> bool:
        if is_wanted(assignment, student):
            wanted.append(student)
            return True
        summary.note(CURRENT, student)
        return False

    def convert_notebooks() -> None:
        try:
            convert()
        finally:
            for student in wanted:
                names = coursedir.feedback_directory, student, coursedir.assignment_id
                made = any(Path(coursedir.format_path(*names)).glob("*.html"))
                summary.note(MADE if made else FAILED, student)
            for line in summary.lines():
                level = logging.ERROR if line.startswith(FAILED) else logging.INFO
                converter.log.log(level, line)

    converter.init_destination = init_destination
    converter.convert_notebooks = convert_notebooks


def _wanted(converter: GenerateFeedback) -> Callable[[str, str], bool]:
    """Whether a student's pages are to be made, as the converter decides, or made again."""
    decide, coursedir = converter.init_destination, converter.coursedir

    def wanted(assignment: str, student: str) -> bool:
        if decide(assignment, student):
            return True
        if student in coursedir.student_id_exclude.split(","):
            return False
        folder = Path(coursedir.format_path(coursedir.feedback_directory, student, assignment))
        for notebook in (Path(path).stem for path in converter.notebooks):
            made_from = state(coursedir, student, assignment, notebook)
            if made_from and not is_current(folder / f"{notebook}.html", made_from):
                converter.log.info("The grade has changed: making the page of %s again", student)
                return True
        return False

    return wanted
