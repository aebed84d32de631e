"""Whose a file is that a learning system has given to download, by the name that it has there.

Canvas (*Download Submissions*; lib/content_zipper.rb): doejane_LATE_12345_67890_toy-1.ipynb,
that is the student's name, LATE where it is, Canvas's numbers of the student and of the file, and
the file's own name, with -1 where the student had handed in one of that name before. Students
can choose the first and the last of these, with numbers in them.
Moodle (*Download all submissions*; mod/assign/feedback/file/importziplib.php): a folder
"Jane Doe_123_assignsubmission_file", with the number of the participant in this assignment, or
files of which the name begins so.
"""

import filecmp
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grading.plugins.systems.roster import Roster

CANVAS = re.compile(
    r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+)_(?P<file_number>\d+)_(?P<file>.+)",
    re.S,
)
MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_file(_(?P<file>.*))?", re.S)
PAIR = re.compile(r"(?=_(\d+)_\d+_)")  # each of them, also where two share a number
AGAIN = re.compile(r"(.+)-(\d+)")
EXAMPLES = (
    "doejane_12345_67890_{0}.ipynb (Canvas), Jane Doe_123_assignsubmission_file/{0}.ipynb (Moodle)"
)


@dataclass(frozen=True)
class Named:
    """What a learning system's name for a file says."""

    system: str
    name: str  # the student's, as the system writes it
    number: str  # the student's
    prefix: str  # what stands before the file's own name
    file: str  # its own name, without .ipynb
    file_number: int = 0  # a later file has a higher one
    late: bool = False
    others: tuple[str, ...] = ()  # further numbers that could be the student's


def named(path: PurePath) -> Named | None:
    """What the name of a file says, or that of a folder it is in; None: it is of no known form.

    The outermost one counts: what is in it was packed by the student.

    Args:
        path: below the folder of the download.
    """
    for part in path.parts:
        is_file = part == path.parts[-1]
        text = part.removesuffix(path.suffix) if is_file else part
        if found := CANVAS.fullmatch(text):
            own = found["file"] if is_file else path.stem
            prefix = f"{found['name']}_{found['number']}_{found['file_number']}_"
            number, late = int(found["file_number"]), bool(found["late"])
            others = tuple(pair[1] for pair in PAIR.finditer(text))[1:]
            return Named(
                "Canvas", found["name"], found["number"], prefix, own, number, late, others
            )
        if found := MOODLE.fullmatch(text):
            own = (found["file"] or "") if is_file else path.stem
            prefix = f"{found['name']}_{found['number']}_assignsubmission_file"
            return Named("Moodle", found["name"], found["number"], prefix, own or path.stem)
    return None


@dataclass(frozen=True)
class Owners:
    """Who has which number in the learning systems, in one assignment."""

    canvas: Mapping[str, str]  # {number: student}
    moodle: Mapping[str, str]
    full_names: Mapping[str, str]  # of those whose name nobody else has

    @classmethod
    def of(cls, course: CourseDirectory, assignment: str) -> "Owners":
        """As roster.json and the gradebook know them.

        Raises:
            TableError: roster.json is damaged.
        """
        roster = Roster.of(course.root)
        numbers: dict[str, str] = {}
        names: dict[str, list[str]] = {}
        with Gradebook(course.db_url, course.course_id) as gradebook:
            for student in gradebook.students:
                if student.lms_user_id:
                    numbers[student.lms_user_id] = student.id
                full = f"{student.first_name or ''} {student.last_name or ''}"
                names.setdefault(_folded(full), []).append(student.id)
        alone = {name: ids[0] for name, ids in names.items() if name and len(ids) == 1}
        canvas = numbers | roster.called("Canvas", "ID")
        return cls(canvas, roster.participants.get(assignment, {}), alone)

    def owners(self, file: Named) -> set[str]:
        """The students whose file it can be; none: nobody is known to have the number."""
        own = self.owner(file)
        others = {self.canvas.get(number, "") for number in file.others}
        return {own, *others} - {""} if own else set()

    def owner(self, file: Named) -> str:
        """The student with the first number in the name; "": nobody is known to have it.

        A full name is asked for only where no numbers of the assignment's are known.
        """
        if file.system == "Canvas":
            return self.canvas.get(file.number, "")
        if self.moodle:
            return self.moodle.get(file.number, "")
        return self.full_names.get(_folded(file.name), "")


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def sorted_out(
    files: Iterable[tuple[Path, Named, str]], released: Iterable[str]
) -> tuple[dict[Path, str], list[tuple[Path, str]]]:
    """Under which name each file is a student's.

    A file that Canvas calls toy-1 is toy, where the assignment has a notebook toy; of those that
    come to the same name the last one handed in counts. Where the system doesn't say which that is,
    both are kept, and grading compares them.

    Args:
        files: each with what its name says, and its student.
        released: the names of the assignment's notebooks.

    Returns:
        ({path: name without .ipynb}, files that were replaced, each with the student).
    """
    names: dict[Path, str] = {}
    replaced: list[tuple[Path, str]] = []
    alike: dict[tuple[str, str], list[Path]] = {}  # by student and name
    last: dict[tuple[str, str], int] = {}
    notebooks = set(released)
    for path, said, student in sorted(files, key=lambda one: (one[1].file_number, one[0])):
        own = said.file
        if (again := AGAIN.fullmatch(own)) and own not in notebooks and again[1] in notebooks:
            own = again[1]
        key = student, own.casefold()
        others = alike.setdefault(key, [])
        if others and said.file_number > last[key]:
            replaced += [(other, student) for other in others]
            for other in others:
                names.pop(other)
            others.clear()
        if not any(filecmp.cmp(path, other, shallow=False) for other in others):
            others.append(path)
            names[path] = own if len(others) == 1 else f"{own} ({len(others)})"
        last[key] = said.file_number
    return names, replaced
