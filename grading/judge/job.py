"""One notebook to run and judge, as plain data: what a worker is given, does, and gives back.

A worker needs no access to the course's folder or gradebook, only the same packages.
"""

import asyncio
import sys
import threading
import weakref
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from traitlets import Integer
from traitlets.config import Config, LoggingConfigurable

from grading.judge.judge import Judge, SandboxLostError
from grading.judge.kernel_client import KernelClient
from grading.judge.trusted_client import TrustedClient, TrustedUnusableError
from grading.plan import Plan
from grading.sandbox.manager import CourseKernelManager
from grading.sandbox.namespaces import SandboxError
from grading.sandbox.provisioners.sandboxed import SandboxProvisioner
from grading.scratch import Scratch

UNUSABLE = (
    "The tests of {notebook}.ipynb can't be run here: {why}. Nobody's answers are the reason: only "
    "the instructor's cells have run, with {python}. Please install what is missing there, or mend "
    "the cell, and run the command again; it grades who isn't graded yet."
)
_mine = threading.local()


@dataclass(frozen=True)
class Job:
    """A notebook to run and judge.

    Attributes:
        assignment, notebook, student: whose it is.
        nb: the notebook.
        files, trusted_files: path -> bytes: what the student's kernel and the tests see.
        plan: what the tests need of the instructor's cells and of the student's.
        config: of traitlets, as plain data.
    """

    assignment: str
    notebook: str
    student: str
    nb: NotebookNode
    files: dict[str, bytes]
    trusted_files: dict[str, bytes]
    plan: Plan
    config: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What running and judging a notebook came to.

    Attributes:
        nb: the same one with outputs and verdicts.
        unsandboxed: whether a student's code has run without a sandbox.
    """

    nb: NotebookNode
    unsandboxed: bool = False


Stop = Callable[[], None]  # ends from another thread what is being done


def do(job: Job, started: Callable[[Stop], None] = lambda stop: None) -> Outcome:
    """Runs and judges a notebook.

    Args:
        started: called with what ends it from another thread.

    Raises:
        SandboxError: there is no sandbox where one was asked for.
        TrustedUnusableError: the tests can't be run here, whatever the student wrote.
    """
    try:
        return _judged(job, started, may_repeat=True)
    except SandboxLostError as error:
        _pool(job).log.warning("%s is judged once more: %s", job.student, error)
        return _judged(job, started, may_repeat=False)


def _judged(job: Job, started: Callable[[Stop], None], may_repeat: bool) -> Outcome:
    nb = nbformat.from_dict(deepcopy(job.nb))
    pool = _pool(job)
    folder = _files(job.files, "graded-submission-")
    with folder:
        kernel = KernelClient(nb, str(folder.inside), parent=pool)
        judge = Judge(nb, kernel, pool.client, job.plan, may_repeat, parent=pool)
        started(judge.abandon)
        judge.run()
    return Outcome(nb, kernel.unsandboxed)


def sandbox_problem(config: dict[str, dict[str, Any]]) -> str | None:
    """Why this machine may not run students' code by this configuration; None where it may."""
    try:
        CourseKernelManager(config=Config(config)).choose_provisioner()
    except SandboxError as error:
        return str(error)
    return None


def problem(job: Job, started: Callable[[Stop], None] = lambda stop: None) -> str | None:
    """Why this machine can't judge notebooks like this one, whoever's they are; None where it can.

    Finds out with the instructor's cells alone: no student's code runs.

    Args:
        started: called with what ends it from another thread.
    """
    if why := sandbox_problem(job.config):
        return why
    client = _pool(job).client()
    started(client.kill)
    try:
        client.prepare(0, job.plan.steps[: job.plan.before])
    except TrustedUnusableError as error:
        return UNUSABLE.format(notebook=job.notebook, why=error, python=sys.executable)
    return None


def problem_here(job: Job) -> str | None:
    """`problem`, without a trusted process that stays with this thread."""
    try:
        return problem(job)
    finally:
        _pool(job).close()
        _mine.key = None


async def problem_there(job: Job) -> str | None:
    """`problem_here`, for a worker of dask, whose event loop goes on."""
    return await asyncio.to_thread(problem_here, job)


class TrustedPool(LoggingConfigurable):
    """A thread's trusted process for an assignment, kept for the next submission."""

    memory = Integer(
        4 << 30,
        help="bytes that the process may fill which runs the tests: a test that an answer makes "
        "take more has failed; 0: any",
    ).tag(config=True)

    def __init__(self, files: dict[str, bytes], **kwargs: Any):
        super().__init__(**kwargs)
        self._folder = _files(files, "graded-trusted-")
        self._clients: list[TrustedClient] = []
        self.close = weakref.finalize(self, _end, self._clients, self._folder)

    def client(self) -> TrustedClient:
        """The trusted process; a new one when the last one has died."""
        if not self._clients or not self._clients[-1].alive:
            kernels = SandboxProvisioner(parent=self).environment
            gpus = kernels.get("CUDA_VISIBLE_DEVICES", "")
            self._clients[:] = [TrustedClient(self._folder.inside, self.memory, gpus)]
        return self._clients[-1]


def _end(clients: list[TrustedClient], folder: Scratch) -> None:
    for client in clients:
        client.kill()
    folder.cleanup()


def _pool(job: Job) -> TrustedPool:
    """This thread's pool for a job like this one."""
    key = repr((job.assignment, job.config, sorted(job.trusted_files.items())))
    if getattr(_mine, "key", None) != key:
        if pool := getattr(_mine, "pool", None):
            pool.close()
        _mine.pool, _mine.key = TrustedPool(job.trusted_files, config=Config(job.config)), key
    return _mine.pool


def _files(files: dict[str, bytes], prefix: str) -> Scratch:
    """A folder with these files inside, given by their relative paths."""
    folder = Scratch(prefix)
    for name, content in files.items():
        path = folder.inside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
