"""What the judge does when kernels die, cells take too long, or the trusted process is gone.

Kernel and trusted process are played: a cell's text says what it does to them.
"""

import sys
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets.config import Config

from grading.judge import job, judge as module
from grading.judge.job import Job, TrustedPool
from grading.judge.judge import LOST, SLOW_MACHINE, Judge, SandboxLostError
from grading.judge.trusted_client import (
    Interrupt,
    TrustedClient,
    TrustedDiedError,
    TrustedUnusableError,
)
from grading.plan import Plan, Step, plan
from grading.verdict import Status, Verdict, note_of, verdict_of

POINTS = 3.0
SECONDS = 100.0  # of a cell, when it takes its time


class Clock:
    """Time that passes when somebody says so."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


class FakeKernel:
    """Plays a kernel: `die` ends it, `late` is interrupted, `slow` takes its time."""

    wall_seconds = 30
    running = mute = False
    late = ""
    absent = ()
    at_limit = lost = False

    def __init__(self, clock):
        self.clock, self.ran, self.sent = clock, [], []
        self.starts = self.interrupts = 0

    def start(self, first):
        self.starts += 1
        self.sent.append(first)
        self.running, self.mute = True, False

    def run_cell(self, cell, index, seconds):
        self.ran.append(cell.source)
        self.late = "it took too long" if cell.source == "late" else ""
        self.clock.now += SECONDS if cell.source == "slow" else 0
        self.lost = cell.source == "lost"
        if self.lost:
            return "its sandbox was ended"
        return "its process ended" if cell.source == "die" else None

    def silently(self, code, seconds):
        self.sent.append(code)
        return not self.mute

    def fire(self, code):
        self.sent.append(code)

    def interrupt(self):
        self.interrupts += 1

    def kill(self):
        self.running = False

    kill_now = kill

    def reason(self):
        return "it does not answer"

    def socket_paths(self, name):
        return f"/here/{name}", f"/inside/{name}"


class FakeTrusted:
    """Plays the trusted process: a test cell's text says what becomes of it."""

    def __init__(self, kernel):
        self.kernel, self.set_ups, self.alive, self.waits = kernel, [], True, 0

    def prepare(self, seed, steps):
        self.set_ups.append([step.cell for step in steps])

    def listen(self, path):
        return path or "anywhere"

    def test(self, **request):
        self.request, self.waits = request, 0

    def receive(self, seconds):
        self.waits += 1
        self.kernel.clock.now += seconds
        name, does = self.request["name"], self.request["need"].source
        if does == "dies" or not self.alive:
            raise TrustedDiedError("the trusted process ended")
        if does == "interrupts" and self.waits == 1:
            return Interrupt()
        if does == "hangs" and self.kernel.running:
            return None
        if does == "hangs for ever":
            return None
        if does in ("stops", "hangs"):
            self.kernel.mute = True
            return Verdict(name, Status.STOPPED, 0, POINTS, "KernelStopped", "no answer")
        if does == "fails":
            return Verdict(name, Status.FAILED, 0, POINTS, "Failed", "wrong")
        return Verdict(name, Status.PASSED, POINTS, POINTS)

    def kill(self):
        self.alive = False


def cell(name, source):
    """A cell whose name says what it is: a test, an answer, a set-up cell, or the student's own."""
    marks = {"grade": False, "solution": False, "locked": False}
    if name.startswith("test"):
        marks |= {"grade": True, "locked": True, "points": POINTS}
    elif name.startswith("answer"):
        marks["solution"] = True
    elif name.startswith("setup"):
        marks["locked"] = True
    return new_code_cell(source, metadata={"nbgrader": {"grade_id": name, **marks}})


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def run(clock):
    """Judges a notebook, given as {name: text}: the cells by name, the kernel, the processes."""

    def judged(cells, **settings):
        nb = new_notebook(cells=[cell(name, source) for name, source in cells.items()])
        kernel, processes = FakeKernel(clock), []

        def trusted():
            if not processes or not processes[-1].alive:
                processes.append(FakeTrusted(kernel))
            return processes[-1]

        Judge(nb, kernel, trusted, plan(nb), **settings).run()
        assert not kernel.running
        found = {made.metadata.nbgrader.grade_id: made for made in nb.cells}
        return found, kernel, processes

    return judged


def status(made):
    return verdict_of(made).status


def test_cells_run_in_order_and_tests_get_their_verdicts(run):
    cells, kernel, (trusted,) = run(
        {"setup": "import", "answer": "double", "test-a": "passes", "test-b": "fails"}
    )
    assert kernel.ran == ["import", "double"]
    assert trusted.set_ups == [["setup"]]
    assert trusted.request["points"] == POINTS
    assert [status(cells[name]) for name in ("test-a", "test-b")] == ["passed", "failed"]
    assert cells["test-a"].outputs == []
    assert cells["test-b"].outputs[0].evalue == "wrong"
    assert note_of(cells["answer"]) == ""


def test_a_sandbox_that_the_machine_ended_is_no_fault_of_the_students(run):
    lost = {"answer-1": "lost", "test-a": "fails", "answer-2": "", "test-b": "passes"}
    with pytest.raises(SandboxLostError):
        run(lost, may_repeat=True)
    cells, kernel, _ = run(lost)
    assert verdict_of(cells["test-a"]).manual == LOST
    assert verdict_of(cells["test-b"]).manual == ""
    assert kernel.starts == 2  # noqa: PLR2004


def test_a_notebook_whose_sandbox_was_ended_is_judged_once_more_as_it_was(monkeypatch):
    judged = []

    class Lost(Judge):
        def run(self):
            judged.append((self._may_repeat, [made.source for made in self.nb.cells]))
            self.nb.cells.clear()
            if self._may_repeat:
                raise SandboxLostError("killed")

    monkeypatch.setattr(job, "Judge", Lost)
    nb = new_notebook(cells=[cell("answer", "one")])
    started = []
    job.do(Job("ps", "nb", "ada", nb, {}, {}, plan(nb), {}), started.append)
    assert judged == [(True, ["one"]), (False, ["one"])]
    assert len(started) == len(judged)


def test_a_dead_kernel_is_started_again_without_the_cell_that_ended_it(run):
    cells, kernel, _ = run(
        {"setup": "import", "answer-1": "one", "answer-2": "die", "answer-3": "three", "test": ""}
    )
    assert kernel.ran == ["import", "one", "die", "import", "one", "three"]
    assert note_of(cells["answer-2"]) == "This cell was stopped: its process ended."
    assert cells["answer-2"].outputs[-1].ename == "KernelStopped"
    assert note_of(cells["answer-3"]) == "" and status(cells["test"]) is Status.PASSED


def test_a_kernel_that_keeps_dying_is_given_up(run):
    dying = {f"answer-{number}": "die" for number in range(4)}
    cells, kernel, _ = run({"setup": "import", **dying, "test": "passes"}, restarts=2)
    assert kernel.starts == 3
    assert kernel.ran.count("die") == 3
    assert all("its process ended" in note_of(cells[name]) for name in dying)
    verdict = verdict_of(cells["test"])
    assert (verdict.status, verdict.message) == (Status.STOPPED, "its process ended")


def test_a_cell_that_takes_too_long_is_told_and_is_not_run_again(run):
    cells, kernel, _ = run({"answer-1": "late", "answer-2": "die", "answer-3": "three"})
    assert note_of(cells["answer-1"]) == "This cell was stopped: it took too long."
    assert kernel.ran == ["late", "die", "three"]


def test_a_notebook_has_its_time(run):
    cells, kernel, _ = run(
        {"answer-1": "slow", "answer-2": "two", "test": "passes"}, submission_seconds=SECONDS
    )
    assert kernel.ran == ["slow"]
    assert "the notebook took more than 100 seconds" in note_of(cells["answer-2"])
    assert verdict_of(cells["test"]).message == "the notebook took more than 100 seconds"


def test_a_set_up_cell_that_is_stopped_puts_every_failure_in_doubt(run):
    cells, _, _ = run({"setup": "late", "answer": "x", "test-a": "fails", "test-b": "passes"})
    assert verdict_of(cells["test-a"]).manual == SLOW_MACHINE
    assert verdict_of(cells["test-b"]).manual == ""


def test_a_set_up_cell_that_the_students_own_code_may_hold_up_casts_no_doubt(run):
    cells, _, _ = run({"mine": "first", "setup": "late", "answer": "x", "test-a": "fails"})
    assert verdict_of(cells["test-a"]).manual == ""


def test_a_limit_of_the_graders_puts_every_failure_in_doubt(run, monkeypatch):
    monkeypatch.setattr(FakeKernel, "at_limit", True)
    cells, _, _ = run({"answer": "die", "test-a": "fails", "test-b": "passes"})
    assert verdict_of(cells["test-a"]).manual == "its process ended"
    assert not verdict_of(cells["test-b"]).manual


@pytest.mark.parametrize(
    ("error", "doubted"),
    [
        (("RuntimeError", "can't start new thread"), True),
        (("BlockingIOError", "[Errno 11] Resource temporarily unavailable"), True),
        (("RuntimeError", "DefaultCPUAllocator: can't allocate memory: 1 bytes"), True),
        (("ValueError", "wrong"), False),
        (("NotImplementedError", ""), False),
    ],
)
def test_the_error_of_an_answers_cell_is_told_with_the_failures(run, monkeypatch, error, doubted):
    def run_cell(self, made, index, seconds):
        if made.source == "ends":
            made.outputs = [new_output("error", ename=error[0], evalue=error[1], traceback=[])]

    monkeypatch.setattr(FakeKernel, "run_cell", run_cell)
    cells, _, _ = run({"answer": "ends", "test-a": "fails", "answer-b": "b", "test-b": "fails"})
    told = f"The cell of this answer stopped with {error[0]}: {error[1]}"
    first, second = verdict_of(cells["test-a"]), verdict_of(cells["test-b"])
    assert (told in first.message) == (error[0] != "NotImplementedError")
    assert told not in second.message
    assert bool(first.manual) == doubted


def test_a_missing_module_is_told_from_its_cell_on(run, monkeypatch):
    monkeypatch.setattr(FakeKernel, "absent", ("nosuch",))
    cells, _, _ = run({"answer": "imports", "test-a": "fails", "test-b": "passes"})
    told = "`nosuch` could not be imported"
    assert told in note_of(cells["answer"]) and told in verdict_of(cells["test-a"]).message
    assert verdict_of(cells["test-b"]).message == ""


def test_a_call_that_takes_too_long_is_interrupted(run):
    cells, kernel, _ = run({"answer": "double", "test": "interrupts"})
    assert kernel.interrupts == 1 and status(cells["test"]) is Status.PASSED


def test_a_student_who_gives_no_answers_gets_a_fresh_kernel(run):
    cells, kernel, _ = run({"answer": "double", "test-a": "stops", "test-b": "passes"})
    verdict = verdict_of(cells["test-a"])
    assert verdict.message == "no answer (it does not answer)"
    assert kernel.ran == ["double", "double"]
    assert status(cells["test-b"]) is Status.PASSED


def test_a_test_that_does_not_end_costs_the_kernel_and_nothing_else(run):
    cells, kernel, (trusted,) = run(
        {"answer": "double", "test-a": "hangs", "test-b": "passes"}, test_timeout=5
    )
    assert status(cells["test-a"]) is Status.STOPPED
    assert kernel.starts == 2 and trusted.alive
    assert status(cells["test-b"]) is Status.PASSED


def test_a_trusted_process_that_does_not_end_is_killed_and_a_human_asked(run):
    cells, _, processes = run(
        {"setup": "import", "answer": "x", "test-a": "hangs for ever", "test-b": "passes"},
        test_timeout=5,
    )
    verdict = verdict_of(cells["test-a"])
    assert (verdict.status, verdict.points) == (Status.BROKEN, 0)
    assert verdict.manual == "the trusted process ended"
    assert len(processes) == 2 and processes[1].set_ups == [["setup"]]
    assert status(cells["test-b"]) is Status.PASSED


def test_a_trusted_process_that_dies_is_no_fault_of_the_student(run):
    cells, _, processes = run({"answer": "x", "test-a": "dies", "test-b": "passes"})
    assert verdict_of(cells["test-a"]).manual == "the trusted process ended"
    assert status(cells["test-b"]) is Status.PASSED and len(processes) == 1


def test_who_is_told_to_stop_runs_nothing_more(clock):
    nb = new_notebook(cells=[cell("answer", "x"), cell("test", "passes")])
    kernel = FakeKernel(clock)
    judge = Judge(nb, kernel, lambda: FakeTrusted(kernel), Plan())
    judge.abandon()
    judge.run()
    assert kernel.ran == [] and status(nb.cells[1]) is Status.STOPPED


def test_a_trusted_process_that_cannot_be_made_ready_is_no_verdict_about_anybody(run, monkeypatch):
    def fails(self, seed, steps):
        raise TrustedUnusableError("setup: no torch")

    monkeypatch.setattr(FakeTrusted, "prepare", fails)
    with pytest.raises(TrustedUnusableError):
        run({"setup": "import", "answer": "x", "test-a": "passes"})


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("echo 'Error: no torch' >&2; exit 3", "did not start: Error: no torch"),
        ("exit 3", "did not start: it ended with code 3"),
        ("echo '{\"ready\": true}'; exit 3", "ended|is gone"),
    ],
)
def test_why_the_trusted_process_did_not_start_is_told(tmp_path, monkeypatch, program, why):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    trusted = TrustedClient(tmp_path)
    with pytest.raises(TrustedUnusableError, match=why):
        trusted.prepare(0, [])
    assert not trusted.alive


@pytest.mark.parametrize(("kernels", "seen"), [({}, ""), ({"CUDA_VISIBLE_DEVICES": "1"}, "1")])
def test_tests_see_the_gpus_that_students_see(monkeypatch, kernels, seen):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")  # of the grader
    config = {"PlainProvisioner": {"environment": kernels}}
    pool = TrustedPool({}, config=Config(config))
    try:
        told = f"import os; assert os.environ['CUDA_VISIBLE_DEVICES'] == {seen!r}"
        pool.client().prepare(0, [Step(told, (), "setup")])
    finally:
        pool.close()


def test_a_set_up_that_failed_is_tried_next_by_another_process(tmp_path):
    trusted = TrustedClient(tmp_path)
    with pytest.raises(TrustedUnusableError, match="^setup: NameError: name 'no' is not defined$"):
        trusted.prepare(0, [Step("no.such()", (), "setup")])
    assert not trusted.alive
