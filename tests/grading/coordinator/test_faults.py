"""Parts that die or are started anew while a class is graded: the end is that of a straight run.

The gradebook is in PostgreSQL, the workers are dask's. What grades is killed before a verdict is
stored, between the gradebook and the notebook, and between two students; the database is started
anew while a run waits, and a worker is killed while it works.
"""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from toy import GOOD, Toy, dask_workers

from grading.verdict import verdict_of

WRONG = GOOD | {"double": "def double(x):\n    return 3 * x"}
CLASS = {"ada": GOOD, "ben": WRONG, "cem": GOOD, "dora": WRONG, "eve": GOOD}
# A step of nbgrader's that does what the test asks for, once: `<student> <place> <what>`.
FAULTS = """
import os, signal, time
from pathlib import Path
from nbgrader.preprocessors import NbGraderPreprocessor

ASKED = Path("fault")

class Fault(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        asked = ASKED.read_text().split() if ASKED.exists() else []
        if asked[:2] == [resources["nbgrader"]["student"], self.place]:
            ASKED.unlink()
            if asked[2] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            Path("waiting").touch()
            while Path("waiting").exists():
                time.sleep(0.05)
        return nb, resources

class Before(Fault):
    place = "before"

class Judged(Fault):
    place = "judged"

class Stored(Fault):
    place = "stored"

steps = c.Autograde.autograde_preprocessors
c.Autograde.autograde_preprocessors = [Before, steps[0], Judged, *steps[1:], Stored]
c.ForkedProvisioner.preload = []
"""


def class_in(root: Path, db_url: str = "") -> Toy:
    course = Toy(root, FAULTS, db_url)
    for student, answers in CLASS.items():
        course.hand_in_cells(student, answers)
    return course


def came_to(course: Toy) -> dict[str, tuple]:
    """What grading came to: points, comments and verdicts of every student."""
    found = {}
    for student in CLASS:
        verdicts = [verdict_of(cell) for cell in course.graded_notebook(student).cells]
        told = [(v.test, v.status, v.points, v.failures) for v in verdicts if v]
        comment = re.sub(r"seed \d+", "seed", course.comment(student) or "")
        found[student] = course.scores(student), comment, told
    return found


def test_whatever_dies_the_end_is_that_of_a_straight_run(tmp_path, postgresql):
    pytest.importorskip("distributed", reason="dask is not installed: pip install -e '.[farm]'")
    straight = class_in(tmp_path / "straight")
    straight.run("autograde", "toy")

    course = class_in(tmp_path / "faults", postgresql.url)
    asked = course.root / "fault"
    for student, place in ("ada", "judged"), ("ben", "stored"), ("dora", "before"):
        asked.write_text(f"{student} {place} kill")
        done = course.nbgrader("autograde", "toy", "--Farm.executor=threads:2")
        assert done.returncode == -signal.SIGKILL, done.stdout
        assert course.processes() == []
        postgresql.restart()

    asked.write_text("dora before wait")
    run = course.start("autograde", "toy", "--Farm.executor=dask:2")
    waiting = course.root / "waiting"
    while not waiting.exists():
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.05)
    postgresql.restart()
    os.kill(dask_workers(run)[0], signal.SIGKILL)
    waiting.unlink()
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said

    assert came_to(course) == came_to(straight)
    left = {path.name for path in course.root.iterdir()} - {
        path.name for path in straight.root.iterdir()
    }
    assert not left
    again = course.nbgrader("autograde", "toy")
    assert again.returncode == 0 and "judged" not in again.stdout, again.stdout
