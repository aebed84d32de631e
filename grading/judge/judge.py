"""One notebook's judge: students' cells in one process, the tests in another."""

import contextlib
import os
import secrets
import time
from copy import deepcopy

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from traitlets import Float, Integer

from grading.cells import grade_id, is_locked, is_solution, is_test
from grading.judge.kernel_client import PING_SECONDS, StudentKernel, plain
from grading.judge.trusted_client import Worker, WorkerDiedError

SERVING = "__import__('sys').modules['grading.student.serve']"
SERVE = SERVING + ".serve({address!r}, {token!r})"
REMEMBER = SERVING + ".snapshot_setup()"
GRACE_SECONDS = 10.0  # for a test cell to end by itself when its time is over
SETUP_SECONDS = 300.0
NOT_RUN = "NotRun"


class Judge(StudentKernel):
    """Runs one notebook; `grading.judge.job.Bench`, its parent, has the trusted process."""

    test_timeout = Float(120.0, help="seconds for a test cell").tag(config=True)
    call_timeout = Float(30.0, help="seconds for one call of a student's function").tag(config=True)
    submission_seconds = Float(1200.0, help="seconds for a whole notebook").tag(config=True)
    restarts = Integer(
        2,
        help="how often a kernel that died is started again for the rest of the notebook; "
        "the cells that had run well are run again, the one that ended it is not",
    ).tag(config=True)

    def __init__(self, *args, allowed: set[str] = frozenset(), **kwargs):
        """allowed: the names of a student's that tests may use."""
        super().__init__(*args, **kwargs)
        self._allowed = allowed

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict, km=None):
        """Runs and judges a notebook. `resources["grading"]` gets a verdict for each test cell:
        a dict with `message` (for the student, or None) and `manual` (why to look at it, or None);
        `resources["grading_notes"]` says for an answer that did not run to its end why it did not.
        """
        self.unrun(nb, resources)
        try:
            for index, cell in enumerate(nb.cells):
                if is_test(cell):
                    self._write(cell, self._test(cell))
                elif cell.cell_type == "code" and cell.source.strip():
                    self._student_cell(cell, index)
        finally:
            self.kill()
        return nb, resources

    def unrun(self, nb: NotebookNode, resources: ResourcesDict, problem: str | None = None):
        """The verdicts of a notebook that doesn't run: nothing has passed, because of `problem`."""
        self.nb, self.resources = nb, resources
        self.km = self.kc = None
        self.reset_execution_trackers()
        self._verdicts = resources["grading"] = {}
        self._notes = resources["grading_notes"] = {}
        self._end = time.monotonic() + self.submission_seconds
        self._starts_left = 1 + self.restarts
        self._ran: list[int] = []  # cells that a fresh kernel must run again
        self._stops: list[str] = []  # why kernels stopped
        self._setup = setup_cells(nb)
        self._worker: Worker | None = None
        self._doubt: str | None = None  # a reason why no failure is the student's
        for cell in filter(is_test, nb.cells):
            told = {"message": problem} if problem else {"message": "this test was not run"}
            self._write(cell, {"status": "failed", "name": NOT_RUN, **told})
            if not problem:
                self._verdicts[grade_id(cell)]["manual"] = told["message"]

    # ---- the student's cells --------------------------------------------------------------------

    def _student_cell(self, cell: NotebookNode, index: int) -> None:
        stopped = "" if self._ready() else self._why()
        if not stopped:
            stopped = self._run(cell, index)
        if stopped:
            cell.outputs.append(_error("KernelStopped", stopped))
        if stopped or self.late:
            told = stopped or f"it took more than {self.timeout} seconds"
            self._notes[grade_id(cell)] = f"This cell was stopped: {told}."

    def _run(self, cell: NotebookNode, index: int) -> str | None:
        seconds = min(self.timeout or self.submission_seconds, self._left())
        stopped = self.run_cell(cell, index, seconds)
        if stopped:
            self._stop(stopped)
        elif not self.late:
            self._ran.append(index)
            if self._setup and index == self._setup[-1]:
                self.silently(REMEMBER, PING_SECONDS)
        if index in self._setup and (stopped or self.late):
            self._doubt = "a cell of the instructor's did not run to its end; is this machine slow?"
        return stopped

    def _ready(self) -> bool:
        """Sees to it that there is a kernel in which the earlier cells have run; False: no more."""
        while not self.running and self._starts_left > 0 and self._left() > 0:
            self._starts_left -= 1
            again, self._ran = self._ran, []
            self.parent.worker()  # both start side by side
            self.start()
            self._worker = None if self._worker is None else self._listen(self._worker)
            for index in again:
                if self.running:
                    self._run(deepcopy(self.nb.cells[index]), index)
        return self.running and self._left() > 0

    def _stop(self, reason: str) -> None:
        self.log.warning("The student's kernel stopped: %s", reason)
        self._stops.append(reason)
        self.kill()

    def _why(self) -> str:
        if self._left() <= 0:
            return f"the notebook took more than {self.submission_seconds:.0f} seconds"
        return "; ".join(dict.fromkeys(self._stops))

    def abandon(self) -> None:
        """Ends it all; called from another thread."""
        self._end = 0.0
        with contextlib.suppress(AttributeError):  # there is no kernel
            self.km.provisioner.kill_now()

    def _left(self) -> float:
        return self._end - time.monotonic()

    # ---- the tests ------------------------------------------------------------------------------

    def _test(self, cell: NotebookNode) -> dict:
        if not self._ready():
            return {"status": "stopped", "message": self._why()}
        seconds = min(self.test_timeout, self._left())
        token = secrets.token_hex(16)
        try:
            worker = self._trusted()
            self.fire(SERVE.format(address=self._address, token=token))
            worker.send(
                "test",
                name=grade_id(cell),
                source=cell.source,
                allowed=sorted(self._allowed),
                token=token,
                call_seconds=self.call_timeout,
                seconds=seconds,
            )
            verdict = self._await(worker, time.monotonic() + seconds + GRACE_SECONDS)
        except WorkerDiedError as error:
            self.log.error("%s: %s", grade_id(cell), error)
            self._worker = None
            verdict = {"status": "broken", "message": str(error)}
        ended = verdict["status"] in ("stopped", "broken")
        if ended and self.running and not self.silently("", PING_SECONDS):
            self._stop(self.reason())
            verdict["message"] += f" ({self._stops[-1]})"
        return verdict

    def _await(self, worker: Worker, end: float) -> dict:
        """The verdict, while the worker's wishes are done and its time is kept."""
        while True:
            answer = worker.receive(0.5)
            if answer is None and time.monotonic() > end + GRACE_SECONDS:
                worker.kill()
            elif answer is None and time.monotonic() > end and self.running:
                self._stop("a test did not end in time")  # hangs up on the worker, too
            elif answer and "interrupt" in answer:
                self.interrupt()
            elif answer:
                return answer

    def _trusted(self) -> Worker:
        """The trusted process, ready for this submission."""
        if self._worker is None:
            worker = self.parent.worker()
            worker.ask("begin")
            for index in self._setup:
                cell = self.nb.cells[index]
                told = worker.ask("setup", SETUP_SECONDS, name=grade_id(cell), source=cell.source)
                if told["status"] != "passed":
                    raise RuntimeError(
                        f"The set-up cell {grade_id(cell)} fails: {told['name']}: {told['message']}"
                    )
            self._worker = self._listen(worker)
        return self._worker

    def _listen(self, worker: Worker) -> Worker:
        ours = getattr(self.km, "socket_directory", None)
        name = f"judge-{secrets.token_hex(4)}"
        address = os.path.join(ours, name) if ours else None
        self._address = worker.ask("listen", address=address)["address"]
        if ours:
            self._address = os.path.join(self.km.inside_socket_directory or ours, name)
        return worker

    def _write(self, cell: NotebookNode, verdict: dict) -> None:
        """Turns a verdict into outputs that nbgrader reads as just that verdict."""
        points, number = float(cell.metadata["nbgrader"]["points"]), verdict.get("number")
        if number is not None and not 0 <= number <= points:
            message = f"the test's value {number:g} is not between 0 and {points:g}"
            verdict = {"status": "odd", "message": message}
        status, message = verdict["status"], plain(verdict.get("message"))
        manual = verdict.get("manual")
        if status == "passed":
            printed = plain(verdict.get("printed"))
            cell.outputs = [new_output("stream", name="stdout", text=printed)] if printed else []
            if number is not None:
                cell.outputs.append(new_output("execute_result", {"text/plain": repr(number)}))
            told = None
        else:
            name = verdict.get("name") or {"stopped": "KernelStopped"}.get(status, "NoVerdict")
            cell.outputs = [_error(name, message)]
            told = message if name in ("Failed", NOT_RUN) else f"{name}: {message}"
            manual = self._doubt or (message if status in ("odd", "broken") else manual)
        self._verdicts[grade_id(cell)] = {"message": told, "manual": manual}


def _error(name: str, message: str) -> NotebookNode:
    lines = message.splitlines() if name == "Failed" else f"{name}: {message}".splitlines()
    return new_output("error", ename=name, evalue=message, traceback=lines)


def setup_cells(nb: NotebookNode) -> list[int]:
    """The positions of the instructor's cells before the first answer: they run on both sides."""
    found = []
    for index, cell in enumerate(nb.cells):
        if is_solution(cell):
            break
        if is_locked(cell):
            found.append(index)
    return found
