"""When the machine or its set-up fails: what is wrong, where, what to do; nobody gets 0 for it.

Through nbgrader's commands, in this process and without students' kernels, so that each is quick.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from toy import GOOD, TESTS, Toy
from traitlets.config import Config

from grading.course import use

FAIL = """
import errno, os, signal
from nbgrader.preprocessors import NbGraderPreprocessor
class Fail(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        if resources["nbgrader"]["student"] == "ben":
            {what}
        return nb, resources
c.Autograde.autograde_preprocessors.insert(0, Fail)
"""
FULL = 'raise OSError(errno.ENOSPC, "No space left on device", "/autograded")'
INTERRUPT = "signal.raise_signal(signal.SIGINT)"
AUTOGRADE = "autograde", "toy", "--no-execute"
BROKEN = 'raise ValueError("odd")'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    course = Toy(tmp_path_factory.mktemp("fails") / "toy")
    for student in ("ada", "ben", "cem"):
        course.hand_in_cells(student, GOOD)
    with course.gradebook() as gradebook:
        gradebook.add_student("dora")
    return course


@pytest.fixture
def course(made):
    """The course, of which nothing is graded; it gets its configuration back."""
    gradebook = (made.root / "gradebook.db").read_bytes()
    yield made
    made.configure("")
    (made.root / "gradebook.db").write_bytes(gradebook)
    for folder in made.root.glob("autograded/*"):
        shutil.rmtree(folder)


def fails(course, *command):
    """What a command says that fails, without a traceback."""
    with pytest.raises(AssertionError) as failed:
        course.nbgrader_here(*command)
    said = str(failed.value)
    assert "Traceback" not in said and len(said.splitlines()) <= 15, said
    return said


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (FULL, "[Errno 28] No space left on device: '/autograded'. Please make room in"),
        (INTERRUPT, "Canceled"),
    ],
)
def test_a_run_that_must_end_says_whose_work_is_not_graded(course, what, told):
    course.configure(FAIL.format(what=what))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = fails(course, *AUTOGRADE)
    finally:
        signal.signal(signal.SIGINT, before)
    assert told in said
    assert "Graded in this run: 1 (ada)" in said
    assert "NOT graded: the next run tries again: 2 (ben, cem)" in said
    assert course.scores("ben") == (None, None, None)
    course.configure("")
    said = course.nbgrader_here(*AUTOGRADE)
    assert "Graded in this run: 2 (ben, cem)" in said
    assert "Graded before, and left as they are: 1 (ada)" in said
    assert "In the gradebook, but handed in nothing: 1 (dora)" in said


def test_what_fails_for_one_stops_nobody_and_the_log_is_short(course):
    course.configure(FAIL.format(what=BROKEN))
    with pytest.raises(AssertionError) as failed:
        course.nbgrader_here(*AUTOGRADE)
    said = str(failed.value)
    assert "Graded in this run: 2 (ada, cem)" in said and "NOT graded" in said
    course.configure("")
    said = course.nbgrader_here(*AUTOGRADE, "--force")
    assert len(said.splitlines()) == 3, said  # graded, flagged, handed in nothing
    asked = course.nbgrader_here(*AUTOGRADE, "--force", "--debug")
    assert "Creating/updating student with ID 'ada'" in asked


def test_an_older_gradebook_is_told_before_anything_is_touched(course):
    with sqlite3.connect(course.root / "gradebook.db") as gradebook:
        gradebook.execute("ALTER TABLE grade DROP COLUMN extra_credit")
    gradebook.close()
    for command in (AUTOGRADE, ("generate_feedback", "toy"), ("export",)):
        said = fails(course, *command)
        assert "its table 'grade' has no 'extra_credit'" in said and "nbgrader db upgrade" in said


def test_a_server_of_a_gradebook_that_is_gone_is_told_without_its_password(course):
    pytest.importorskip("psycopg", reason="no driver: pip install -e '.[postgresql]'")
    address = "postgresql+psycopg://course:secret@127.0.0.1:1/grades"
    said = fails(course, *AUTOGRADE, f"--db={address}")
    assert "course:***@127.0.0.1:1/grades can't be read or written: " in said
    assert "secret" not in said


def test_tests_that_came_later_lead_to_the_command_that_takes_them(course):
    source = course.root / "source/toy/toy.ipynb"
    text = source.read_text()
    try:
        changed = json.loads(text)
        changed["cells"] = [cell for cell in changed["cells"] if cell["id"] != TESTS[-1]]
        source.write_text(json.dumps(changed))
        said = fails(course, *AUTOGRADE)
        assert "Please run `nbgrader generate_assignment toy --force`" in said
        source.write_text(text)
        course.nbgrader_here(*AUTOGRADE)  # now the gradebook knows submissions
        source.write_text(json.dumps(changed))
        said = fails(course, *AUTOGRADE, "--force")
        assert "`python -m grading retest toy` takes the new ones into use" in said
        assert len(list(course.root.glob("autograded/*/toy/toy.ipynb"))) == 3
    finally:
        source.write_text(text)


def test_a_gradebook_that_was_lost_leads_to_force(course):
    (course.root / "gradebook.db").unlink()
    said = fails(course, *AUTOGRADE)
    assert "Please run `nbgrader generate_assignment toy --force` first." in said


def test_without_pages_there_is_nothing_to_release(course, tmp_path):
    tmp_path.chmod(0o777)
    course.nbgrader_here(*AUTOGRADE)
    said = fails(course, "release_feedback", "toy", f"--Exchange.root={tmp_path}")
    assert "Please run `nbgrader generate_feedback toy` first." in said


def test_feedback_says_whose_pages_it_has_made(course):
    course.nbgrader_here(*AUTOGRADE)
    said = course.nbgrader_here("generate_feedback", "toy")
    assert "Feedback pages made: 3 (ada, ben, cem)" in said and len(said.splitlines()) == 1, said
    said = course.nbgrader_here("generate_feedback", "toy")
    assert "Left as they are, for nothing has changed: 3 (ada, ben, cem)" in said


def test_a_python_or_environment_that_does_not_do_ends_the_command(monkeypatch):
    """nbgrader passes over a configuration that fails, and would go on without it."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match="Grading needs Python 3.11 or newer; "):
        use(Config())
    monkeypatch.undo()
    monkeypatch.delattr("grading.plugins.typed")
    monkeypatch.setitem(sys.modules, "grading.plugins.typed", None)
    with pytest.raises(SystemExit, match=r"Grading can't start: .*typed.*requirements\.txt"):
        use(Config())


def test_the_options_that_nbgrader_does_not_list():
    command = [sys.executable, "-m", "grading", "options"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for option in ("Farm.executor", "Judge.test_timeout = 120.0", "LatePolicy.share_per_day = 0.0"):
        assert f"c.{option}" in said
    for kind in ("CourseKernelManager.require_sandbox", "SandboxProvisioner.", "ForkedProvisioner"):
        assert f"c.{kind}" in said
