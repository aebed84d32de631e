"""Runs every file of `tests/attacks` on our grading, and a part of them on plain nbgrader.

Each attack is graded among others in one `nbgrader autograde`, between two honest neighbours. What
it deserves is what it gets, and nothing of it is left: no point of anybody's, process, file or
message. The table at the end puts plain nbgrader beside it. `ATTACKS=all pytest
tests/course/test_attacks.py` measures both columns for all of them (half an hour), and writes
`tests/attacks/TABLE.md`.
"""

import ctypes
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import attacks_evidence as evidence
import attacks_plain as plain
import handin
import pytest
from attacks_table import HEAD, given, table, wanted
from course import Course
from nbgrader.api import Gradebook

from grading.sandbox import bubblewrap
from grading.sandbox.usage import descendants

BWRAP, PROBLEM = bubblewrap.find()
WHY_NOT = f"attacks need a sandbox to run in ({PROBLEM}): apt install bubblewrap"
pytestmark = [
    pytest.mark.skipif(BWRAP is None, reason=WHY_NOT),
    pytest.mark.timeout(3 * 3600),  # the first test waits for all files
]
FILES = sorted((handin.ROOT / "tests" / "attacks").glob("*.py"))
TABLE = handin.ROOT / "tests" / "attacks" / "TABLE.md"
SAMPLE = {
    "forge_reply",
    "gradebook_write",
    "kill_parent",
    "lie_equal",
    "meta_duplicate_id",
    "noisy_warnings",
}
WORKERS = 2
# Budgets of the run: what holds a grader up shall do so only shortly.
LIMITS = (
    "--Farm.executor=threads:3",  # most attacks wait for their end
    "--Execute.timeout=20",
    "--KernelClient.patience=1",
    "--Judge.call_timeout=5",
    "--Judge.test_timeout=15",
    "--Judge.submission_seconds=60",
    "--SandboxProvisioner.memory=2147483648",
    "--SandboxProvisioner.processes=128",
    "--SandboxProvisioner.tmp_bytes=268435456",
)
GRADED_BYTES = 8_000_000  # of a graded notebook, whatever was printed
PAGE_BYTES = 5_000_000  # of its feedback page
PR_SET_CHILD_SUBREAPER = 36
LEFT_SECONDS = 10
LARGE, DESCRIBED = 42, 30  # files, characters of a docstring


class Share:
    """A part of the attacks, graded in a course of its own."""

    def __init__(self, root: Path, files: list[Path]):
        self.root, self.files, self.home = root, files, root / "home"
        self.course = Course(root / "course")
        (root / "tmp").mkdir()
        evidence.place_canaries(self.course.root, self.home)
        self.assignments = sorted({handin.read(file).assignment for file in files})
        for assignment in self.assignments:
            self.course.release(assignment)

    def students(self, assignment: str) -> dict[str, Path]:
        group = [file for file in self.files if handin.read(file).assignment == assignment]
        neighbours = dict.fromkeys(plain.NEIGHBOURS, plain.honest(assignment))
        return {file.stem: file for file in group} | neighbours

    def grade(self, listener: evidence.Listener) -> str:
        """Grades, makes the pages, and returns all that was said."""
        environment = {"HOME": str(self.home), "TMPDIR": str(self.root / "tmp")}
        environment |= {"COURSE_ATTACK_SECRET": evidence.SECRET}
        said = ""
        for assignment in self.assignments:
            for student, file in self.students(assignment).items():
                self.course.hand_in(file, student)
        listener.attract(self.course.root / "submitted")
        self.before = self.digests()
        for assignment in self.assignments:
            said += self.course.autograde(assignment, *LIMITS, **environment)
            pages = self.course.nbgrader("generate_feedback", assignment, **environment)
            said += pages.stdout
        return said

    def digests(self) -> dict[str, str]:
        """What students and their code must not change: the course and the neighbours' files."""
        folders = [self.course.root / "source", *self.course.root.glob("submitted/*_honest")]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        files += [self.course.root / "nbgrader_config.py", self.home / "canary.txt"]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Outcome:
    """What our grading made of everything."""

    def __init__(self, shares: list[Share], said: list[str], seconds: float, left: dict):
        self.shares, self.said, self.seconds, self.left = shares, said, seconds, left
        pairs = {file: share for share in shares for file in share.files}
        self.share = dict(sorted(pairs.items()))

    def graded(self, file: Path, student: str | None = None):
        return self.share[file].course.graded(handin.read(file).assignment, student or file.stem)

    def folder(self, kind: str, file: Path) -> Path:
        return self.share[file].course.root / kind / file.stem / handin.read(file).assignment

    def comments(self, file: Path) -> str:
        answer = handin.read(file)
        with Gradebook(f"sqlite:///{self.share[file].course.root / 'gradebook.db'}") as book:
            name = handin.NOTEBOOKS[answer.assignment]
            submission = book.find_submission_notebook(name, answer.assignment, file.stem)
            return "\n".join(comment.auto_comment or "" for comment in submission.comments)

    def pages(self, file: Path) -> list[str]:
        return [page.read_text() for page in self.folder("feedback", file).rglob("*.html")]

    def leaks(self, file: Path) -> list[str]:
        """Kinds of leaks and markup that were found in what goes back to the student."""
        assignment = handin.read(file).assignment
        notebook = f"{handin.NOTEBOOKS[assignment]}.ipynb"
        text = evidence.outputs(self.folder("autograded", file) / notebook)
        pages = self.pages(file)
        found = set(evidence.leaks("\n".join([text, *map(evidence.words, pages)]), assignment))
        return sorted(found | ({"active script"} if any(map(evidence.is_active, pages)) else set()))


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The attacks graded by us."""
    # Whatever a kernel leaves running becomes a child of this process, where it is seen.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(descendants(os.getpid()))
    parts = [FILES[start::WORKERS] for start in range(WORKERS)]
    shares = [Share(tmp_path_factory.mktemp("ours"), part) for part in parts]
    outside = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/run"), Path("/")]
    names = {path for folder in outside for path in folder.glob("attack-*")}
    began = time.monotonic()
    with evidence.Listener() as listener, ThreadPoolExecutor(WORKERS) as pool:
        said = list(pool.map(Share.grade, shares, repeat(listener)))
        left = {"messages": listener.arrived()}
    seconds = time.monotonic() - began
    end = time.monotonic() + LEFT_SECONDS
    while (running := still_running(before)) and time.monotonic() < end:
        time.sleep(0.2)
    left["processes"] = running
    left["files"] = {str(p) for folder in outside for p in folder.glob("attack-*")} - {
        *map(str, names)
    }
    left["files"] |= {trace for share in shares for trace in evidence.traces(share.home)}
    left["temporary files"] = [p.name for share in shares for p in (share.root / "tmp").iterdir()]
    return Outcome(shares, said, seconds, left)


def still_running(before: set[int]) -> list[str]:
    found = []
    for pid in set(descendants(os.getpid())) - before:
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if line:  # a process that has ended and waits to be collected has none
            found.append(line)
    return found


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """{file: Row} of plain nbgrader, for all files or for a sample."""
    course = tmp_path_factory.mktemp("plain") / "course"
    plain.template(course)
    files = [f for f in FILES if os.environ.get("ATTACKS") == "all" or f.stem in SAMPLE]
    roots = [tmp_path_factory.mktemp("attack") for _ in files]
    with ThreadPoolExecutor(WORKERS) as pool:
        rows = pool.map(
            lambda pair: plain.measure(pair[0], course, pair[1], BWRAP),
            zip(files, roots, strict=True),
        )
        return dict(zip(files, rows, strict=True))


def name(file: Path) -> str:
    return file.stem


@pytest.mark.parametrize("file", FILES, ids=name)
def test_gets_what_it_deserves(ours, file):
    graded = ours.graded(file)
    assert graded.points == given(file), graded.messages


@pytest.mark.parametrize("file", [f for f in FILES if "says" in handin.read(f).facts], ids=name)
def test_the_reason_is_recorded(ours, file):
    said = handin.read(file).facts["says"]
    assert said in ours.comments(file)
    assert any(said in evidence.words(page) for page in ours.pages(file))


@pytest.mark.parametrize("file", FILES, ids=name)
def test_leaks_nothing_and_stays_small(ours, file):
    assert ours.leaks(file) == []
    assert len(ours.pages(file)) == 1
    assert len(ours.pages(file)[0].encode()) < PAGE_BYTES
    for path in ours.folder("autograded", file).glob("*.ipynb"):
        assert path.stat().st_size < GRADED_BYTES


def test_neighbours_are_graded_as_if_they_were_alone(ours):
    for share in ours.shares:
        for assignment in share.assignments:
            for student in plain.NEIGHBOURS:
                graded = share.course.graded(assignment, student)
                assert graded.points == wanted(plain.honest(assignment)), graded.messages
        assert share.digests() == share.before


@pytest.mark.parametrize("kind", ["messages", "processes", "files", "temporary files"])
def test_nothing_is_left(ours, kind):
    assert not ours.left[kind]


def test_corpus_is_large_and_says_what_it_does():
    assert len(FILES) >= LARGE
    for file in FILES:
        assert len(handin.read(file).description) > DESCRIBED, file


def test_table(ours, theirs, record_property):
    text = table(ours, theirs)
    if os.environ.get("ATTACKS") == "all":
        TABLE.write_text(f"{HEAD}\n{text}\n")
    record_property("table", text)
