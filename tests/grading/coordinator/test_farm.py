"""Many workers, one gradebook: threads, dask, PostgreSQL; and what happens when a part dies."""

import contextlib
import io
import json
import logging
import os
import signal
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from kernel_student import needs_sandbox
from nbgrader.coursedir import CourseDirectory
from toy import GOOD, Toy, dask_workers
from traitlets.config import Config

from grading.coordinator import workers
from grading.coordinator.assignment import Assignment
from grading.coordinator.farm import Farm, RunEndedError
from grading.judge.job import Outcome
from grading.sandbox.usage import descendants

WRONG = GOOD | {"double": "def double(x):\n    return 3 * x"}
SLOW = GOOD | {"history": f"import time\ntime.sleep(4)\n{GOOD['history']}"}
CLASS = {"ada": GOOD, "ben": WRONG, "cem": SLOW, "dora": GOOD, "eve": SLOW, "fay": WRONG}
FULL, LESS = (4, 3, 2), (0, 3, 2)
INTERRUPT = """
import os, signal
from nbgrader.preprocessors import NbGraderPreprocessor

class Interrupt(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        if resources["nbgrader"]["student"] == "ben":
            os.kill(os.getpid(), signal.SIGINT)
        return nb, resources

c.Autograde.autograde_preprocessors.insert(0, Interrupt)
"""


@pytest.fixture
def course(tmp_path):
    course = Toy(tmp_path)
    hand_in(course)
    return course


def hand_in(course):
    for student, answers in CLASS.items():
        course.hand_in_cells(student, answers)


def check_points(course):
    for student, answers in CLASS.items():
        assert course.scores(student) == (LESS if answers is WRONG else FULL), student


def handed_to_workers(course):
    """Are there kernels that run notebooks now?"""
    return any(map(runs_a_kernel, course.running()))


def runs_a_kernel(process):
    """Is there a sandbox below a process?"""
    names = []
    for pid in descendants(process):
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
    return "bwrap" in names


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)


def test_threads_grade_a_class_and_say_how_far_they_are(course):
    log = course.run("autograde", "toy", "--Farm.executor=threads:3")
    check_points(course)
    assert "2 of 6 notebooks judged, about " in log
    assert "6 notebooks judged in " in log and "(threads:3)" in log
    assert course.processes() == []


OWN_EXECUTOR = """
from concurrent.futures import ThreadPoolExecutor
class Noted(ThreadPoolExecutor):
    noted = []
    def submit(self, task, job):
        self.noted.append(job.student)
        with open("handed_out", "w") as file:
            print(*self.noted, file=file)
        if self.noted.count("eve") == 1 and job.student == "eve":
            return super().submit(open, "no such file")
        return super().submit(task, job)
c.Farm.executor = lambda: Noted(2)
"""


def test_an_executor_of_ones_own_gets_a_notebook_again_only_where_it_failed(course):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(OWN_EXECUTOR)
    course.submitted("gil")  # has handed in nothing
    log = course.run("autograde", "toy")
    check_points(course)
    assert course.scores("gil") == (0, 0, 0)
    assert "tried once more: FileNotFoundError" in log
    handed_out = (course.root / "handed_out").read_text().split()
    assert sorted(handed_out) == sorted([*CLASS, "eve"])


@pytest.mark.parametrize(
    ("executor", "complaint"),
    [
        ("treads:2", "'treads:2' is none of 'threads:4', 'dask:4' and the address"),
        ("tcp://127.0.0.1:1", "No dask scheduler answers at tcp://127.0.0.1:1."),
    ],
)
def test_without_workers_nothing_is_graded(course, executor, complaint):
    if executor.startswith("tcp"):
        pytest.importorskip("distributed", reason="dask is not installed: pip install -e '.[farm]'")
    process = course.start("autograde", "toy", f"--Farm.executor={executor}")
    log, _ = process.communicate()
    assert process.returncode == 1
    assert complaint in log and "Traceback" not in log
    assert not (course.root / "autograded").exists()


def test_an_interrupted_run_ends_at_once_and_goes_on_later(tmp_path):
    course = Toy(tmp_path)
    course.hand_in_cells("ada", GOOD)
    course.hand_in_cells(
        "ben", GOOD | {"history": f"import time\ntime.sleep(100)\n{GOOD['history']}"}
    )
    process = course.start("autograde", "toy", "--Farm.executor=threads:2")
    wait_for((course.root / "autograded/ben/toy/toy.ipynb").exists, process)
    wait_for(lambda: handed_to_workers(course), process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=40)
    assert course.processes() == []
    course.hand_in_cells("ben", GOOD)
    course.run("autograde", "toy")
    assert course.scores("ada") == course.scores("ben") == FULL


def test_an_interrupt_between_two_notebooks_ends_it_at_once_too(tmp_path):
    """Ben's notebook runs already, handed out ahead; nbgrader is still busy with files."""
    course = Toy(tmp_path)
    course.hand_in_cells("ada", GOOD)
    course.hand_in_cells(
        "ben", GOOD | {"history": f"import time\ntime.sleep(100)\n{GOOD['history']}"}
    )
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(INTERRUPT)
    process = course.start("autograde", "toy", "--Farm.executor=threads:2")
    log, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "Traceback" not in log, log
    assert "Canceled" in log and "NOT graded: the next run tries again: 1 (ben)" in log
    assert course.processes() == []


@needs_sandbox
def test_no_kernel_sees_the_course_and_the_exchange_wherever_they_are(tmp_path):
    """Here in a folder that is shown. Workers have the submission in a folder of its own."""
    shown = tmp_path / "lib"
    for name in ("exchange/toy/inbound/ben+toy/toy.ipynb", "cache/toy/notes.txt", "library.txt"):
        path = shown / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    settings = {
        "CheckTests.enabled": False,
        "CourseKernelManager.fork_server": False,
        "SandboxProvisioner.read_only": [str(shown)],
        "Exchange.root": str(shown / "exchange"),
        "Exchange.cache": str(shown / "cache"),
    }
    lines = [f"c.{name} = {value!r}" for name, value in settings.items()]
    course = Toy(shown / "course", "\n".join(lines))
    look = f"import os\nprint([n for _, _, names in os.walk({str(shown)!r}) for n in names])\n"
    course.hand_in_cells("ada", GOOD | {"history": look + GOOD["history"]})
    course.run("autograde", "toy")
    (output,) = (cell for cell in course.graded_notebook("ada").cells if cell.id == "history")
    assert output.outputs[0].text == "['library.txt']\n"


def test_a_dask_worker_that_is_killed_costs_nothing(course):
    pytest.importorskip("distributed", reason="dask is not installed: pip install -e '.[farm]'")
    process = course.start("autograde", "toy", "--Farm.executor=dask:2")
    wait_for(lambda: any(map(runs_a_kernel, dask_workers(process))), process)
    os.kill(dask_workers(process)[0], signal.SIGKILL)
    log, _ = process.communicate(timeout=300)
    assert process.returncode == 0, log
    check_points(course)
    assert "6 notebooks judged" in log
    assert course.processes() == []


def test_nobody_else_of_this_machine_gets_at_its_dask_workers():
    distributed = pytest.importorskip("distributed", reason="no dask: pip install -e '.[farm]'")
    made = workers.start("dask:1", {}, logging.getLogger())
    try:
        address = distributed.default_client().scheduler.address
        assert address.startswith("tls://")
        with pytest.raises(OSError, match="certificate does not match"):
            distributed.Client(address, timeout=5, security=distributed.Security.temporary())
    finally:
        made.close()


def test_workers_elsewhere_without_a_sandbox_are_refused_unless_they_are_wanted(tmp_path):
    distributed = pytest.importorskip("distributed", reason="no dask: pip install -e '.[farm]'")
    course = Toy(tmp_path)
    course.hand_in_cells("ada", GOOD)
    with distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=None) as cluster:
        there = f"--Farm.executor={cluster.scheduler_address}", "--SandboxProvisioner.bwrap=/none"
        process = course.start("autograde", "toy", *there)
        log, _ = process.communicate(timeout=100)
        assert process.returncode == 1 and "Traceback" not in log, log
        worker = next(iter(cluster.scheduler.workers))
        assert f"{worker}: Nothing is graded, because a sandbox is required" in log
        assert not (course.root / "autograded").exists()
        wanted = "--CourseKernelManager.require_sandbox=False"
        log = course.run("autograde", "toy", *there, wanted)
    assert "1 notebook ran WITHOUT a sandbox" in log
    assert course.scores("ada") == FULL
    graded = json.loads((course.root / "autograded/ada/toy/toy.ipynb").read_text())
    assert graded["metadata"]["grading"]["unsandboxed"] is True


NO_SANDBOX = "--SandboxProvisioner.bwrap=/none", "--CourseKernelManager.require_sandbox=True"
# Of the instructor's set-up cell, which students' processes run, too, and well.
NOT_INSTALLED = "import os\nif os.environ.get('USER') != 'student':\n    import not_installed\n"


def test_a_run_that_may_not_begin_keeps_what_was_graded(tmp_path):
    course = Toy(tmp_path)
    course.hand_in_cells("ada", GOOD)
    course.run("autograde", "toy")
    graded = course.root / "autograded/ada/toy/toy.ipynb"
    before = graded.read_bytes()
    course.hand_in_cells("ada", WRONG)  # anew, so that the next run grades it again
    course.hand_in_cells("ben", GOOD)

    def refused(told, *options):
        run = course.nbgrader("autograde", "toy", *options)
        assert run.returncode == 1 and "Traceback" not in run.stdout, run.stdout
        assert run.stdout.count(told) == 1 and len(run.stdout.splitlines()) <= 5, run.stdout
        assert graded.read_bytes() == before and course.scores("ada") == FULL
        assert not (course.root / "autograded/ben").exists()

    source = course.root / "source/toy/toy.ipynb"
    notebook = source.read_text()
    source.write_text(notebook.replace('"import torch', json.dumps(NOT_INSTALLED)[:-1]))
    refused("No module named 'not_installed'")
    refused("No module named 'not_installed'", "--force")
    source.write_text(notebook)
    refused("a sandbox is required and there is none", "--force", *NO_SANDBOX)
    course.run("autograde", "toy")
    assert (course.scores("ada"), course.scores("ben")) == (LESS, FULL)


def handed_in(folder):
    """The assignment of a toy course for which Ada and Ben have handed in."""
    course = Toy(folder)
    for student in ("ada", "ben"):
        course.hand_in_cells(student, GOOD)
    coursedir = CourseDirectory(root=str(course.root), assignment_id="toy", db_url=course.db_url)
    return Assignment(coursedir, [], Config(), logging.getLogger())


class Broken:
    """Workers that can't do a thing; `why`: the reason, where it is none of a student's."""

    ahead = 1

    def __init__(self, why):
        self.why, self.asked = why, []

    def submit(self, wanted):
        self.asked.append(wanted.student)
        failed = Future()
        failed.set_exception(RuntimeError("broken"))
        return failed

    def problems(self, wanted):
        self.asked.append("anybody")
        return {"": self.why}

    def close(self):
        pass


@pytest.mark.parametrize(("why", "ends"), [("no torch", RunEndedError), (None, RuntimeError)])
def test_a_run_ends_where_nobody_can_be_judged_and_for_no_student(tmp_path, monkeypatch, why, ends):
    assignment, broken = handed_in(tmp_path), Broken(why)
    monkeypatch.setattr(workers, "start", lambda *_: broken)
    farm = Farm(assignment)
    with assignment.inbox.in_place(), farm.at_work([]), pytest.raises(ends):
        farm.outcome(assignment.rebuilt("ada", "toy"), "ada", "toy")
    assert broken.asked == ["ada", "ada", "anybody"]


class Quick(Broken):
    """Workers that are done with everything at once."""

    def submit(self, wanted):
        done = Future()
        done.set_result(Outcome(wanted.nb))
        return done


@pytest.mark.parametrize("watches", [True, False])
def test_where_a_terminal_watches_there_is_a_bar(tmp_path, monkeypatch, caplog, watches):
    assignment, screen = handed_in(tmp_path), io.StringIO()
    screen.isatty = lambda: watches
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(workers, "start", lambda *_: Quick(None))
    caplog.set_level(logging.INFO)
    farm = Farm(assignment, log=logging.getLogger())
    with assignment.inbox.in_place(), farm.at_work([("ada", "toy"), ("ben", "toy")]):
        farm.outcome(assignment.rebuilt("ada", "toy"), "ada", "toy")
    assert ("0/2 [" in screen.getvalue()) == watches
    assert ("1 of 2 notebooks judged" in caplog.text) != watches


def test_a_gradebook_in_postgresql(tmp_path, postgresql):
    course = Toy(tmp_path, db_url=postgresql.url)
    hand_in(course)
    course.run("autograde", "toy", "--Farm.executor=threads:2")
    check_points(course)
    course.run("autograde", "toy", "--force", "--student", "ben")
    check_points(course)
    course.run("generate_feedback", "toy")
    course.run("export", "--to", str(tmp_path / "grades.csv"))
    grades = (tmp_path / "grades.csv").read_text()
    assert all(student in grades for student in CLASS)
    assert not (tmp_path / "gradebook.db").exists()
