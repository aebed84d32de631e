"""Whether a feedback page says what the gradebook says now.

nbgrader makes a page again only when the time stamp in `autograded/` is later than the one in
`feedback/`, and knows of no change of a grade. So each page names the state that it was made from.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.generate_feedback import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

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


def make_what_is_old(converter: GenerateFeedback) -> Callable[[str, str], bool]:
    """The converter's `init_destination`, which has pages made again that are not current."""
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
