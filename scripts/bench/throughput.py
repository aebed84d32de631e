"""Grading: plain nbgrader, one submission after another, against this course's configuration."""

import copy
import re
import statistics
import sys
import tempfile
import time
from concurrent.futures import Executor, Future
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import handin
from course import Course

SUBMISSION = handin.ROOT / "tests/submissions/3-latent/wrong_alpha_reversed.py"
ASSIGNMENT = "3-latent"
FORK = "--CourseKernelManager.fork_server={}".format
THREADS = "--Farm.executor=threads:{}".format
# What is measured: the options of `nbgrader autograde`; None for plain nbgrader.
ARMS = {
    "plain nbgrader": None,
    "course (default)": [],
    "course, 1 worker": [THREADS(1)],
    "course, 2 workers": [THREADS(2)],
    "course, 4 workers": [THREADS(4)],
    "course, 1 worker, each kernel started": [THREADS(1), FORK(False)],
    "course, 1 worker, no sandbox": [THREADS(1), "--CourseKernelManager.sandbox=False"],
    "coordinator alone": ["--Farm.executor=instant"],
}

PAGES = {"coordinator alone": [THREADS(1)]}  # an executor that takes no time makes no page


class Instant(Executor):
    """Workers that take no time: the first result, for everyone."""

    def __init__(self):
        self._first = None

    def submit(self, task, *arguments):
        self._first = self._first or task(*arguments)
        future = Future()
        future.set_result(copy.deepcopy(self._first))
        return future


def prepare(root, arm, number):
    course = Course(root)
    config = root / "nbgrader_config.py"
    text = config.read_text()
    if ARMS[arm] is None:
        text = re.sub(r"^(use\(c\)|c\.Judge.*)\n", "", text, flags=re.M)
    if arm == "coordinator alone":
        text += f"\nimport sys\nsys.path.append({str(Path(__file__).parent)!r})\n"
        text += "from throughput import Instant\nc.Farm.executor = Instant\n"
    config.write_text(text)
    for student in range(number):
        course.hand_in(SUBMISSION, f"student-{student:03}")
    made = course.nbgrader("generate_assignment", ASSIGNMENT, "--force")
    assert made.returncode == 0, made.stdout
    return course


def once(arm, number):
    """Seconds that `nbgrader autograde` and then `generate_feedback` take for a class of `number`,
    and everyone's points."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = prepare(Path(folder, "course"), arm, number)
        options = [option for option in ARMS[arm] or [] if not option.endswith("=instant")]
        start = time.monotonic()
        done = course.nbgrader("autograde", ASSIGNMENT, *options)
        seconds = time.monotonic() - start
        assert done.returncode == 0, done.stdout
        points = [course.graded(ASSIGNMENT, f"student-{i:03}").points for i in range(number)]
        start = time.monotonic()
        made = course.nbgrader("generate_feedback", ASSIGNMENT, *options, *PAGES.get(arm, []))
        assert made.returncode == 0, made.stdout
        pages = time.monotonic() - start
    return seconds, pages, points


def measure(few=2, many=26, rounds=2):
    """Seconds a submission, a feedback page, and to start, the medians of alternating rounds.

    Raises RuntimeError where two arms give different points.
    """
    expected, found = None, {arm: [] for arm in ARMS}
    for _ in range(rounds):
        for arm, rows in found.items():
            start, some_pages, _ = once(arm, few)
            whole, all_pages, points = once(arm, many)
            each, page = (whole - start) / (many - few), (all_pages - some_pages) / (many - few)
            rows.append({"each": each, "start": start - few * each, "page": page})
            print(
                f"{arm}: {each:.3f} s a submission, {rows[-1]['start']:.1f} s to start, "
                f"{page:.3f} s a page",
                flush=True,
            )
            expected = expected or points[0]
            if any(one != expected for one in points):
                raise RuntimeError(f"{arm} gives other points: {points}, not {expected}")
    return {
        arm: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for arm, rows in found.items()
    }
