"""One command at a time in a course, and nothing left of one that was killed."""

import contextlib
import signal
import subprocess
import sys
import threading

import pytest
from course import Course
from nbgrader.apps import NbGrader
from traitlets.config import Config

from grading.coordinator.lock import FILE, LockedOutError, alone_in
from grading.plugins.cells import Change
from grading.plugins.retest import RetestError, retest
from grading.scratch import Scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks are POSIX's here")
HOLD = """
import sys, time
from grading.coordinator.lock import alone_in
from grading.scratch import Scratch
with alone_in(sys.argv[1], "nbgrader autograde toy"):
    folders = [Scratch(".handed-in-", sys.argv[1]), Scratch("graded-trusted-", sys.argv[1])]
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that is at work in the course."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_one_at_work_is_named_and_a_killed_one_is_forgotten(tmp_path, holder):
    told = f"`nbgrader autograde toy` .process {holder.pid} on "
    with pytest.raises(LockedOutError, match=told), alone_in(tmp_path, "another"):
        pass
    assert len(list(tmp_path.glob("*/lock"))) == 2
    Scratch(".handed-in-", tmp_path).cleanup()
    assert len(list(tmp_path.glob(".handed-in-*"))) == 1  # in use
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with alone_in(tmp_path, "another"):
        Scratch(".handed-in-", tmp_path).cleanup()
        Scratch("graded-trusted-", tmp_path).cleanup()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_command_within_another_is_a_part_of_it_and_a_thread_is_none(tmp_path):
    refused = []

    def elsewhere():
        with contextlib.suppress(LockedOutError), alone_in(tmp_path, "another"):
            return
        refused.append(True)

    with alone_in(tmp_path, "\x1b[2J"), alone_in(tmp_path, "within"):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert refused == [True]
    with alone_in(tmp_path, "next"):
        pass


def test_a_foreign_text_in_the_file_moves_no_cursor(tmp_path):
    with alone_in(tmp_path, "one"):
        (tmp_path / FILE).write_text('{"command": "\\u001b[2J", "process": 1}')
        refused = []

        def elsewhere():
            try:
                with alone_in(tmp_path, "another"):
                    pass
            except LockedOutError as error:
                refused.append(str(error))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert refused and "\x1b" not in refused[0] and refused[0].startswith("Another command is at")


@pytest.mark.parametrize(
    "command",
    ["autograde", "generate_feedback", "generate_assignment", "collect", "zip_collect"],
)
def test_no_command_begins_while_another_is_at_work(tmp_path, holder, command):
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "submitted/ada/toy").mkdir(parents=True)
    (tmp_path / "autograded/ada/toy").mkdir(parents=True)
    source = tmp_path / "source"
    source.mkdir()
    course = Course(tmp_path, source, f"c.Exchange.root = {str(tmp_path / 'exchange')!r}")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(AssertionError, match="`nbgrader autograde toy` .process .* is at work in"):
        course.nbgrader_here(command, "toy")
    assert sorted(tmp_path.rglob("*")) == before


def test_tests_are_not_changed_while_another_command_is_at_work(tmp_path, holder):
    app = NbGrader(config=Config(CourseDirectory={"root": str(tmp_path)}))
    with pytest.raises(RetestError, match="is at work in .* Nothing has been changed"):
        retest(app, "toy", Change())


def test_a_course_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / FILE).mkdir()
    told = "can't be written .*see to it that you may write"
    with pytest.raises(LockedOutError, match=told), alone_in(tmp_path, "one"):
        pass
