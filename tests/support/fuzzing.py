"""A class of odd students between honest ones, graded by the real nbgrader, and what must hold.

The ordinary suite tries one class of each kind, the same each time; `make fuzz` tries as many as
FUZZ says, of twice the size, and keeps in `.hypothesis` what failed: the next run begins with it.
"""

import contextlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unicodedata
from pathlib import Path
from unittest import mock

import nbformat
from hypothesis import HealthCheck, Phase, settings
from nbgrader.api import MissingEntry
from oddities import Odd, make
from toy import HISTORY, TESTS, Toy, cell, graded_cell

from grading.coordinator.students import StudentIds
from grading.plain import plain_line

FUZZ = int(os.environ.get("FUZZ", "0"))
ODD = 8 if FUZZ else 4  # students of a class
# An example costs seconds, and so would every step towards a smaller one.
dear = settings(
    max_examples=FUZZ or 1,
    derandomize=not FUZZ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

HONEST = "a_honest", "z_honest"
FULL, MOST = (4, 3, 2), 9
SECONDS = 300  # on the clock, for a class
PATTERN = r".*/(?P<student_id>[^/]+?)_(?P<timestamp>[-0-9: ]*)_(?P<file_id>[^/]+)\.ipynb"
SETTINGS = f"""
c.ForkedProvisioner.preload = []
c.Farm.executor = "threads:{2 if FUZZ else 1}"
c.Collector.named_regexp = r"{PATTERN}"
"""
ANSWERS = {
    "double": "def double(x):\n    return x + x",
    "model": "class Model:\n    def __call__(self, x):\n        return [x]",
    "history": "history = {'mse': [2.0, 1.0]}",
}
OF_AN_HONEST_ONE = "# an honest student's own words"
SECRETS = [OF_AN_HONEST_ONE.encode(), b"the instructor's own words"]
HARMLESS = "\n\t\u200c\u200d"  # white space, and what joins letters
LEFT = {"source", "release", "submitted", "autograded", "gradebook.db", "nbgrader_config.py"}
LEFT |= {"downloaded", "feedback", ".nbgrader.log", ".nbgrader-lock"}


class Classroom(Toy):
    """A course whose tests need no torch, with an exchange, a TMPDIR and a home of its own."""

    def __init__(self, folder: Path):
        self.folder, self.inbound = folder, folder / "exchange" / "toy" / "inbound"
        for name in ("tmp", "home", "cache"):
            (folder / name).mkdir()
        self.inbound.mkdir(parents=True)
        places = {"root": folder / "exchange", "cache": folder / "cache"}
        lines = [f'c.Exchange.{name} = "{place}"\n' for name, place in places.items()]
        super().__init__(folder / "course", SETTINGS + "".join(lines))
        self.new = (self.root / "gradebook.db").read_bytes()

    def source(self):
        """The cells of the instructor's notebook."""
        solved = "### BEGIN SOLUTION\n# the instructor's own words\n{}\n### END SOLUTION"
        double = "def double(x):\n    " + solved.format("return two * x").replace("\n", "\n    ")
        return [
            cell("setup", "from course import two", locked=True),
            cell("double", double, solution=True),
            graded_cell("test-double", "assert double(3) == 6, 'not doubled'", 4),
            cell("model", solved.format(ANSWERS["model"]), solution=True),
            graded_cell("test-model", "assert Model()(5) == [5], 'no list'", 3),
            cell("history", HISTORY, solution=True),
            graded_cell("test-history", "assert len(history['mse']) == 2, 'not two'", 2),
        ]

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        places = {"TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder / "home")}
        return super().start(*arguments, **places | environment)

    def notebook(self, remark: str = "") -> bytes:
        """A solved notebook, as it is handed in."""
        released = nbformat.read(self.root / "release" / "toy" / "toy.ipynb", 4)
        for one in released.cells:
            one.source = ANSWERS.get(one.id, one.source)
            if one.id == "double" and remark:
                one.source += f"  {remark}"
        return nbformat.writes(released).encode()

    def begin(self, honest: tuple[str, ...] = HONEST) -> None:
        """A new term, in which nothing is handed in yet, and these students are going to be."""
        self.honest = honest
        for place in [self.root / name for name in LEFT - {"source", "release"}]:
            if place.is_dir():
                remove(place)
        remove(self.inbound)
        self.inbound.mkdir()
        (self.root / "gradebook.db").write_bytes(self.new)

    def hand_in_honest(self) -> None:
        """Puts what the honest students did into `submitted/`."""
        for student in self.honest:
            self.put(student, self.notebook(OF_AN_HONEST_ONE))

    def put(self, student: str, notebook: bytes) -> None:
        """Puts a notebook into a student's folder."""
        (self.submitted(student) / "toy.ipynb").write_bytes(notebook)

    def put_odd(self, folder: Path, odd: Odd) -> None:
        """Puts into a folder what an odd student has there."""
        folder.mkdir(parents=True, exist_ok=True)
        with opened(folder) as place:
            make(odd.name, odd.node, place, self.notebook())

    def command(self, *arguments: str) -> str:
        """Runs a command without kernels in this process, and checks what it leaves and says."""
        places = {"TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder / "home")}
        before = self.outside()
        with (
            mock.patch.dict(os.environ, places),
            mock.patch.object(tempfile, "tempdir", places["TMPDIR"]),
        ):
            said = self.nbgrader_here(*arguments)
        self.check_traces(said, before)
        return said

    def grade(self) -> str:
        """Grades all that is in `submitted/`, and checks what has to hold of any class."""
        handed_in, before = contents(self.root / "submitted"), self.outside()
        process = self.start("autograde", "toy")
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise
        assert process.returncode == 0, said
        assert contents(self.root / "submitted") == handed_in
        self.check_traces(said, before)
        assert self.processes() == []
        for student in self.honest:
            assert self.scores(student) == FULL, said
        self.check_others(said)
        return said

    def outside(self) -> dict:
        """What is beside the course: the home, temporary files, the exchange."""
        places = [self.folder / name for name in ("tmp", "home", "exchange")]
        return {place.name: contents(place) for place in places}

    def check_traces(self, said: str, before: dict) -> None:
        """Nothing new beside the course or loose in it, no links; plain sentences were printed."""
        assert "Traceback" not in said, said
        odd = {c for c in said if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert odd <= set(HARMLESS), (odd, said)
        assert self.outside() == before
        assert set(os.listdir(self.root)) <= LEFT
        for place in ("autograded", "downloaded/toy/extracted"):
            for path, (kind, *_) in contents(self.root / place).items():
                assert stat.S_ISREG(kind) or stat.S_ISDIR(kind), path

    def check_others(self, said: str) -> None:
        """Each is graded with a reason or named, and has nothing of anybody else's."""
        for folder in (self.root / "submitted").iterdir():
            if folder.name in self.honest or not os.path.lexists(folder / "toy"):
                continue
            if not is_id(folder.name):
                assert folder.name.startswith(".") or was_left_out(folder.name, said), folder
                continue
            score, reasons = self.grade_of(folder.name)
            assert score == MOST or reasons, (folder, score, said)
            graded = self.root / "autograded" / folder.name
            for file in filter(Path.is_file, graded.rglob("*")):
                assert not any(secret in file.read_bytes() for secret in SECRETS), file

    def grade_of(self, student: str) -> tuple[float, list[str]]:
        """A student's points, and what is said of them."""
        with self.gradebook() as gradebook:
            try:
                book = gradebook.find_submission_notebook("toy", "toy", student)
            except MissingEntry:
                raise AssertionError(f"{student!r} has no grade") from None
            points = {grade.name: grade.auto_score for grade in book.grades}
            assert set(points) == set(TESTS) and None not in points.values(), points
            assert all(0 <= grade.auto_score <= grade.max_score for grade in book.grades), points
            return book.score, [c.auto_comment for c in book.comments if c.auto_comment]


def is_id(name: str) -> bool:
    return StudentIds().is_one(name)


def was_left_out(name: str, said: str) -> bool:
    return f"Left out: '{plain_line(name)}'" in said


@contextlib.contextmanager
def opened(folder: Path | str, inside: int | None = None):
    """A folder as a descriptor."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=inside)
    try:
        yield place
    finally:
        os.close(place)


def contents(folder: Path) -> dict:
    """What is in a folder at whatever depth; any change of it changes the time of its change."""
    found = {}

    def look(place: int, path: tuple) -> None:
        for name in os.listdir(place):
            status = os.stat(name, dir_fd=place, follow_symlinks=False)
            found[*path, name] = status.st_mode, status.st_size, status.st_ctime_ns
            if stat.S_ISDIR(status.st_mode):
                with contextlib.suppress(PermissionError), opened(name, place) as below:
                    look(below, (*path, name))

    if folder.exists():
        with opened(folder) as place:
            look(place, ())
    return found


def remove(folder: Path) -> None:
    """Removes a folder in which there are closed ones, too."""

    def open_up(place: int) -> None:
        for name in os.listdir(place):
            if stat.S_ISDIR(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
                if os.getuid() == 0:  # then some were given to others
                    os.chown(name, 0, -1, dir_fd=place, follow_symlinks=False)
                os.chmod(name, stat.S_IRWXU, dir_fd=place)
                with opened(name, place) as below:
                    open_up(below)

    with opened(folder) as place:
        open_up(place)
    shutil.rmtree(folder)


def words(said: str) -> str:
    """What was said without the ends of its lines, where a name may have had one."""
    return re.sub(r"\s+", " ", said)
