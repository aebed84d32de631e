"""A run of `nbgrader generate_feedback`: finds what is not current, has it made, writes it.

nbgrader makes one page after another, each in a copy of all that the student has handed in. Here
the pages are made side by side by the workers that judge notebooks, and each is put into its place
when it is finished: a run that was stopped goes on where it was.
"""

import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.converters.generate_feedback import GenerateFeedback

from grading.coordinator import workers
from grading.coordinator.marks import Marks, marks_of
from grading.coordinator.summary import Summary
from grading.coordinator.workers import NoWorkersError
from grading.feedback.current import is_current, state
from grading.feedback.job import PageJob
from grading.plain import plain_line
from helpers.words import count

SECTIONS = (  # of the configuration, for pages
    *("FeedbackPage", "FeedbackExporter", "HTMLExporter", "TemplateExporter", "Exporter"),
    "ClearHiddenTests",
)
TOLD_EVERY = 100  # pages
MADE, CURRENT = "Feedback pages made", "Left as they are, for nothing has changed"
FAILED = "NOT made: the next run tries again"
LOST = (
    "A process that makes pages was ended, by the machine for want of memory or by somebody. "
    "Please run the command again: it goes on where it was."
)



@dataclass(frozen=True)
class Wanted:
    """A page that is to be made, of this state; `place`: the folder it belongs to."""

    student: str
    notebook: str
    made_from: str
    place: Path


class FeedbackRun:
    """What takes the place of nbgrader's loop over the students.

    Args:
        converter: nbgrader's, which has found the graded notebooks.
        make: makes a page, in whatever process it is called.
    """

    def __init__(self, converter: GenerateFeedback, make: Callable[[PageJob], str]):
        self._converter, self._course, self._log = converter, converter.coursedir, converter.log
        self._make = make
        self._marks: dict[tuple[str, str], Marks] = {}
        self._notebooks: set[str] = set()
        self._summary = Summary(MADE, CURRENT, FAILED)

    def run(self) -> None:
        """Makes the pages that are not current.

        Raises:
            NbGraderException: there are no workers, or some pages could not be made; the others
                are.
        """
        with Gradebook(self._course.db_url, self._course.course_id) as gradebook:
            self._marks = marks_of(gradebook, self._course.assignment_id)
        self._notebooks = {notebook for _, notebook in self._marks}
        self._summary = Summary(MADE, CURRENT, FAILED)
        wanted = list(self._wanted())
        self._log.debug("%s to make", count(len(wanted), "feedback page"))
        problem = ""
        try:
            self._make_all(wanted)
        except NoWorkersError as error:
            problem = str(error)
        except BrokenExecutor:
            problem = LOST
        for line in self._summary.lines():
            self._log.log(logging.ERROR if line.startswith(FAILED) else logging.INFO, line)
        if problem:
            self._log.error(problem)  # nbgrader ends silently on its own exception
        if problem or self._summary[FAILED]:
            raise NbGraderException(problem or FAILED)

    def _wanted(self) -> Iterator[Wanted]:
        """The pages that are to be made, student by student."""
        course, converter = self._course, self._converter
        anybody = converter._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True)
        for folder in sorted(converter.assignments):
            named = re.match(anybody, folder)
            if named is None or named["student"] in course.student_id_exclude.split(","):
                continue
            student, assignment = named["student"], named["assignment"]
            place = Path(course.format_path(course.feedback_directory, student, assignment))
            for file in sorted(map(Path, converter.assignments[folder])):
                marks = self._marks.get((student, file.stem))
                if marks is None:
                    self._fail(student, f"the gradebook doesn't know {file}")
                    continue
                made_from, page = state(file.read_bytes(), marks), place / f"{file.stem}.html"
                if converter.force or not is_current(page, made_from):
                    if page.exists():
                        self._log.info("Making the page of %s again", plain_line(student))
                    yield Wanted(student, file.stem, made_from, place)
                else:
                    self._summary.note(CURRENT, student)

    def _make_all(self, wanted: list[Wanted]) -> None:
        """Hands pages out, as many at once as keep the workers busy, and takes them in in order."""
        executor = self._converter.config.Farm.get("executor") or workers.default_executor()
        begun = deque[tuple[Wanted, Future[str]]]()
        with workers.for_pages(executor, self._make, len(wanted), self._log) as pages:
            for number, one in enumerate(wanted, 1):
                begun.append((one, pages.submit(self._job(one))))
                if len(begun) >= pages.ahead:
                    self._take(*begun.popleft())
                if number % TOLD_EVERY == 0:
                    self._log.info("%d of %d feedback pages made", number, len(wanted))
            while begun:
                self._take(*begun.popleft())

    def _job(self, wanted: Wanted) -> PageJob:
        course, converter = self._course, self._converter
        folder = converter._format_source(course.assignment_id, wanted.student)
        steps = {getattr(step, "__name__", str(step).split(".")[-1]) for step in converter.preprocessors}
        config = converter.config
        return PageJob(
            assignment=course.assignment_id,
            notebook=wanted.notebook,
            student=wanted.student,
            graded=Path(folder, f"{wanted.notebook}.ipynb").read_bytes(),
            marks=self._marks[wanted.student, wanted.notebook],
            made_from=wanted.made_from,
            db_url=course.db_url,
            exporter=converter.exporter_class,
            steps=tuple(converter.preprocessors),
            config={n: dict(config[n]) for n in sorted({*SECTIONS, *steps}) if n in config},
        )

    def _take(self, wanted: Wanted, future: Future[str]) -> None:
        """Puts a page into its place; where it can't be made, the others are all the same."""
        page = wanted.place / f"{wanted.notebook}.html"
        try:
            text = future.result()
            wanted.place.mkdir(parents=True, exist_ok=True)
            self._keep_only_pages(wanted.place)
            half = page.with_suffix(".part")
            half.write_text(text, encoding="utf-8")
            os.replace(half, page)
            self._converter.set_permissions(self._course.assignment_id, wanted.student)
            self._summary.note(MADE, wanted.student)
        except BrokenExecutor:
            raise
        except Exception as error:
            page.unlink(missing_ok=True)  # it says what is no longer true
            self._log.debug("The page of %s", wanted.student, exc_info=True)
            self._fail(wanted.student, f"{type(error).__name__}: {error}")

    def _fail(self, student: str, why: str) -> None:
        self._log.error("No page for %s: %s", plain_line(student), plain_line(why))
        self._summary.note(FAILED, student)

    def _keep_only_pages(self, place: Path) -> None:
        """Removes what an earlier version or plain nbgrader has copied beside the pages: a
        student's own files, pages of theirs too, which may hold scripts."""
        pages = {place / f"{notebook}.html" for notebook in self._notebooks}
        for path in sorted(place.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in pages:
                path.unlink()
