"""One notebook's judge: students' cells in one process, the tests in another."""

import secrets
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from nbformat.notebooknode import NotebookNode
from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from grading.cells import grade_id, is_locked, is_solution, is_test
from grading.judge.inside import is_inside, judge_inside
from grading.judge.kernel_client import MOST_ABSENT, PING_SECONDS, KernelClient
from grading.judge.outputs import (
    ended_with,
    error_output,
    hit_limit,
    leave_unrun,
    most_points,
    write_note,
    write_verdict,
)
from grading.judge.trusted_client import Interrupt, TrustedClient, TrustedDiedError
from grading.plan import Need, Plan
from grading.verdict import Status, Verdict

SERVING = "__import__('sys').modules['grading.student.serve']"
SERVE = SERVING + ".serve({address!r}, {token!r})"
BEGIN = SERVING + ".streams.begin({seed!r})"
REMEMBER = SERVING + ".snapshot_setup()"
IMPORT_SECONDS = 60.0
GRACE_SECONDS = 10.0  # for a test cell to end by itself when its time is over
LISTEN_SECONDS = 0.5  # at once, to the trusted process
LIMIT_INSIDE = "a cell may have met the grader's limit on processes, threads, memory or files"
LOST = "the machine ended the sandbox of this notebook, twice"
SLOW_MACHINE = "a cell of the instructor's did not run to its end; is this machine slow?"


class SandboxLostError(RuntimeError):
    """The machine ended the sandbox around a kernel: what came of the notebook says nothing."""


class Judge(LoggingConfigurable):
    """Runs and judges one notebook.

    Args:
        nb: the notebook, which gets outputs and verdicts.
        kernel: where its cells run; made for the same notebook.
        trusted: gives the trusted process, a new one when the last one has died.
        plan: what its tests need.
        may_repeat: whether the notebook can be judged once more from its beginning.
    """

    test_timeout = Float(120.0, help="seconds for a test cell").tag(config=True)
    call_timeout = Float(30.0, help="seconds for one call of a student's function").tag(config=True)
    submission_seconds = Float(1200.0, help="seconds for a whole notebook").tag(config=True)
    restarts = Integer(
        2,
        help="how often a kernel that died is started again for the rest of the notebook; "
        "the cells that had run well are run again, the one that ended it is not",
    ).tag(config=True)

    def __init__(
        self,
        nb: NotebookNode,
        kernel: KernelClient,
        trusted: Callable[[], TrustedClient],
        plan: Plan,
        may_repeat: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.nb, self.kernel, self._trusted, self._plan = nb, kernel, trusted, plan
        self._may_repeat = may_repeat
        self._end = time.monotonic() + self.submission_seconds
        self._starts_left = 1 + self.restarts
        self._ran: list[int] = []  # cells that a fresh kernel must run again
        self._stops: list[str] = []  # why kernels stopped
        self._setup = setup_cells(nb)
        self._absent: list[str] = []  # modules that could not be imported
        self._ended = ""  # the error that ended the last answer's cell
        self._doubt = ""  # a reason why no failure is the student's
        self._session: _Session | None = None
        self._seed = secrets.randbits(32)  # of the instructor's cells, on both sides
        # What the test cells so far import; what of it the next cell has to find; what no cell of
        # the student's can have undone yet.
        self._imports: list[str] = []
        self._pending: list[str] = []
        self._imported: set[str] = set()

    def run(self) -> None:
        """Runs the student's cells and judges the test cells, in the notebook's order.

        Each test cell gets its verdict, and an answer that did not run to its end the reason.

        Raises:
            SandboxLostError: the machine ended the student's sandbox, and all can be repeated.
            TrustedUnusableError: the trusted process can't be made ready here.
        """
        leave_unrun(self.nb)
        try:
            for index, cell in enumerate(self.nb.cells):
                if is_test(cell):
                    verdict = self._inside(cell, index) if is_inside(cell) else self._test(cell)
                    write_verdict(cell, self._explained(self._without_doubt(verdict)))
                    imports = self._need(cell).imports
                    self._imports.append(imports)
                    self._pending.append(imports)
                elif cell.cell_type == "code" and cell.source.strip():
                    self._student_cell(cell, index)
        finally:
            self.kernel.kill()

    def abandon(self) -> None:
        """Ends it all; called from another thread."""
        self._end = 0.0
        self.kernel.kill_now()

    # ---- the student's cells --------------------------------------------------------------------

    def _student_cell(self, cell: NotebookNode, index: int) -> None:
        stopped = self._run(cell, index) if self._ready() else self._why()
        if stopped:
            cell.outputs.append(error_output("KernelStopped", stopped))
        notes = []
        if why := stopped or self.kernel.late:
            notes.append(f"This cell was stopped: {why.rstrip('.')}.")
        if not stopped:
            notes += map(not_installed, self.kernel.absent)
            absent = [*self._absent, *self.kernel.absent]
            self._absent = list(dict.fromkeys(absent))[:MOST_ABSENT]
        if notes:
            write_note(cell, " ".join(notes))
        if hit_limit(cell):
            self._doubt = LIMIT_INSIDE
        if is_solution(cell):
            self._ended = "" if why else ended_with(cell)

    def _run(self, cell: NotebookNode, index: int) -> str | None:
        """Runs a cell; why the kernel stopped, None where it is ready for more."""
        seconds = min(self.kernel.wall_seconds or self.submission_seconds, self._left())
        self._imported.clear()
        stopped = self.kernel.run_cell(cell, index, seconds)
        if stopped:
            self._stop(stopped)
        elif not self.kernel.late:
            self._ran.append(index)
            if self._setup and index == self._setup[-1]:
                self.kernel.silently(REMEMBER, PING_SECONDS)
        if index in self._setup and self._is_first(index) and (stopped or self.kernel.late):
            self._doubt = SLOW_MACHINE
        return stopped

    def _is_first(self, index: int) -> bool:
        """Whether no code of the student's runs before this cell, which could make it hang."""
        code = [c for c in self.nb.cells[:index] if c.cell_type == "code" and c.source.strip()]
        return all(is_locked(cell) for cell in code)

    def _ready(self) -> bool:
        """Sees to it that there is a kernel in which the earlier cells have run; False: no more."""
        while not self.kernel.running and self._starts_left > 0 and self._left() > 0:
            self._starts_left -= 1
            again, self._ran = self._ran, []
            self._trusted()  # both start side by side
            self.kernel.start(BEGIN.format(seed=self._seed))
            if self._session:
                self._session.listen(self.kernel)
            for index in again:
                if self.kernel.running:
                    self._run(deepcopy(self.nb.cells[index]), index)
            self._imported.clear()
            self._pending = list(self._imports)
        if self.kernel.running:
            self._import()
        return self.kernel.running and self._left() > 0

    def _stop(self, reason: str) -> None:
        self.log.warning("The student's kernel stopped: %s", reason)
        self._stops.append(reason)
        if self.kernel.at_limit:
            self._doubt = reason
        if self.kernel.lost:
            self._doubt = LOST
            if self._may_repeat:
                raise SandboxLostError(reason)
        self.kernel.kill()

    def _why(self) -> str:
        if self._left() <= 0:
            return f"the notebook took more than {self.submission_seconds:.0f} seconds"
        return "; ".join(dict.fromkeys(self._stops))

    def _left(self) -> float:
        return self._end - time.monotonic()

    # ---- the tests ------------------------------------------------------------------------------

    def _test(self, cell: NotebookNode) -> Verdict:
        name, most = grade_id(cell) or "", most_points(cell)
        if not self._ready():
            return Verdict(name, Status.STOPPED, 0.0, most, "KernelStopped", self._why())
        seconds = min(self.test_timeout, self._left())
        token = secrets.token_hex(16)
        try:
            session = self._session = self._session or self._begin()
            self.kernel.fire(SERVE.format(address=session.address, token=token))
            need = self._need(cell)
            session.trusted.test(
                name=name,
                need=need,
                steps=self._plan.steps[session.steps : need.steps],
                points=most,
                token=token,
                call_seconds=self.call_timeout,
                seconds=seconds,
            )
            session.steps = max(session.steps, need.steps)
            verdict = self._await(session.trusted, time.monotonic() + seconds + GRACE_SECONDS)
        except TrustedDiedError as error:
            self.log.error("%s: %s", name, error)
            self._session = None
            why = str(error)
            verdict = Verdict(name, Status.BROKEN, 0.0, most, "NoVerdict", why, manual=why)
        if verdict.error == "MemoryError":  # what filled it may be there still
            session.trusted.kill()
            self._session = None
        if verdict.status in (Status.STOPPED, Status.BROKEN) and self._is_silent():
            self._stop(self.kernel.reason())
            verdict = verdict.but(message=f"{verdict.message} ({self._stops[-1]})")
        return verdict

    def _inside(self, cell: NotebookNode, index: int) -> Verdict:
        if not self._ready():
            return self._test(cell)
        seconds = min(self.test_timeout, self._left())
        found, stopped = judge_inside(cell, index, self.kernel, self._need(cell), seconds)
        if stopped:
            self._stop(stopped)
        return found

    def _need(self, cell: NotebookNode) -> Need:
        return self._plan.tests.get(grade_id(cell) or "") or Need(cell.source)

    def _import(self) -> None:
        """Makes the imports of the last tests in the student's kernel, as the notebook does where
        it is run."""
        pending, self._pending = self._pending, []
        for imports in pending:
            if imports and imports not in self._imported:
                self._imported.add(imports)
                self.kernel.silently(imports, IMPORT_SECONDS)

    def _is_silent(self) -> bool:
        return self.kernel.running and not self.kernel.silently("", PING_SECONDS)

    def _await(self, trusted: TrustedClient, end: float) -> Verdict:
        """The verdict, while the trusted process's wishes are done and its time is kept."""
        while True:
            answer = trusted.receive(LISTEN_SECONDS)
            if isinstance(answer, Verdict):
                return answer
            if isinstance(answer, Interrupt):
                self.kernel.interrupt()
            elif time.monotonic() > end + GRACE_SECONDS:
                trusted.kill()
            elif time.monotonic() > end and self.kernel.running:
                self._stop("a test did not end in time")  # hangs up on the trusted process, too

    def _begin(self) -> "_Session":
        """The trusted process, ready for this submission."""
        trusted = self._trusted()
        trusted.prepare(self._seed, self._plan.steps[: self._plan.before])
        return _Session(trusted, self.kernel, self._plan.before)

    def _without_doubt(self, verdict: Verdict) -> Verdict:
        """A verdict that a human looks at where a failure may be the machine's."""
        failed = verdict.status is not Status.PASSED
        return verdict.but(manual=self._doubt) if failed and self._doubt else verdict

    def _explained(self, verdict: Verdict) -> Verdict:
        """A failure together with what went wrong before the test that may be its reason."""
        reasons = [*map(not_installed, self._absent), *filter(None, [self._ended])]
        if verdict.status is not Status.FAILED or not reasons:
            return verdict
        failures = (*verdict.failures, *reasons) if verdict.failures else ()
        return verdict.but(message="\n".join([verdict.message, *reasons]), failures=failures)


class _Session:
    """The trusted process that knows this submission, and where it listens for the kernel.

    steps: how many of the plan's it has run.
    """

    def __init__(self, trusted: TrustedClient, kernel: KernelClient, steps: int):
        self.trusted, self.steps = trusted, steps
        self.address = ""
        self.listen(kernel)

    def listen(self, kernel: KernelClient) -> None:
        """Listens for a kernel, the first one or one that takes the place of one that died."""
        here, inside = kernel.socket_paths(f"judge-{secrets.token_hex(4)}")
        self.address = inside or self.trusted.listen(None)
        if here:
            self.trusted.listen(here)


def not_installed(module: str) -> str:
    """What a student should know of a module that could not be imported."""
    return f"`{module}` could not be imported: it is not installed where your work is graded."


def setup_cells(nb: NotebookNode) -> list[int]:
    """The positions of the instructor's cells before the first answer in code: they run on both
    sides."""
    found = []
    for index, cell in enumerate(nb.cells):
        if is_solution(cell) and cell.cell_type == "code":  # a written one changes no names
            break
        if is_locked(cell):
            found.append(index)
    return found
