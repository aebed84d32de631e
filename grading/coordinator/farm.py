"""Hands notebooks out to workers while nbgrader grades one submission after another.

The next ones are handed out while one is waited for. Only this process touches the course's files
and its gradebook.
"""

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import nbformat
import traitlets
from nbformat.notebooknode import NotebookNode
from tqdm import tqdm
from traitlets import Integer, Unicode, Union, default
from traitlets.config import Config, LoggingConfigurable

from grading.coordinator import workers
from grading.coordinator.assignment import Assignment
from grading.coordinator.submission import HandedIn
from grading.coordinator.workers import NoWorkersError, Workers
from grading.judge.job import Job, Outcome
from grading.plain import plain_line
from grading.sandbox.workspace import select_files
from helpers.words import count

MIB = 1 << 20
PASSED_ON = (  # sections of the configuration that workers need
    *("Judge", "Execute", "KernelClient", "CourseKernelManager", "TrustedPool"),
    *("PlainProvisioner", "SandboxProvisioner", "ForkedProvisioner"),
)
ENVIRONMENT = ("COURSE_TRAINING_SECONDS",)

Key = tuple[str, str]  # (student, notebook)


class RunEndedError(BaseException):
    """Nothing can be judged here any more, for a reason that is no student's: the message.

    No `Exception`: after one of those nbgrader goes on with the next student.
    """


class Farm(LoggingConfigurable):
    """Hands notebooks out, in nbgrader's order, and takes their results in."""

    executor = Union(
        [Unicode(), traitlets.Callable()],
        help="'threads:4' (of this machine), 'dask:4' (processes of this machine), the address of "
        "a dask scheduler ('tcp://host:8786', 'tls://...'), or a function that returns any "
        "concurrent.futures.Executor",
    ).tag(config=True)
    ahead = Integer(0, help="notebooks handed out at once; 0: to keep the workers busy").tag(
        config=True
    )
    file_bytes = Integer(256 * MIB, help="of a submission's own files, in all").tag(config=True)
    files = Integer(10_000, help="how many files of its own a submission may have").tag(config=True)

    @default("executor")
    def _processors(self) -> str:
        return workers.default_executor()

    def __init__(self, assignment: Assignment, **kwargs: Any):
        super().__init__(**kwargs)
        self._assignment = assignment
        self._workers: Workers | None = None  # only while at work
        self._order: list[Key] = []  # what is going to be asked for
        self._sent: dict[Key, tuple[str, Future[Outcome]]] = {}
        self._own: dict[bool, dict[str, bytes]] = {}  # the instructor's files, of this run
        self._taken, self._unsandboxed, self._began = 0, 0, time.monotonic()
        self._bar = tqdm(disable=True)

    @contextlib.contextmanager
    def at_work(self, upcoming: list[Key]) -> Iterator[None]:
        """Inside, `outcome` can be asked for; at the end, however it comes, all work is stopped.

        Args:
            upcoming: what is going to be asked for, in this order.

        Raises:
            NoWorkersError: there are no workers of the kind that is asked for, or they can't judge
                this assignment. No student's code has run then.
        """
        self._order = list(upcoming)
        self._own.clear()
        self._taken, self._unsandboxed, self._began = 0, 0, time.monotonic()
        # Where a terminal watches; elsewhere there is a line of the log for each notebook.
        quiet = True if not upcoming or not self.log.isEnabledFor(logging.INFO) else None
        self._bar = tqdm(total=len(upcoming), unit="notebook", leave=False, disable=quiet)
        try:
            if upcoming:
                self._workers = workers.start(self.executor, self._config(), self.log)
                self._try_out(self._workers, {notebook for _, notebook in upcoming})
            yield
        finally:
            self._sent.clear()
            if self._workers:
                self._workers.close()
            self._workers = None
            self._bar.close()
            if self._unsandboxed:
                self.log.warning(
                    "%s ran WITHOUT a sandbox, with the rights of whoever runs the workers; "
                    "`python -m grading doctor` says how to get one",
                    count(self._unsandboxed, "notebook"),
                )

    def outcome(self, nb: NotebookNode, student: str, notebook: str) -> Outcome:
        """What judging a notebook came to. Hands out those that follow it, too.

        Raises:
            RunEndedError: the workers can't judge any more, whoever's the notebook is.
        """
        key = student, notebook
        foreseen, future = self._sent.pop(key, ("", None))
        if future is None or foreseen != fingerprint(nb):
            future = self._submit(key, nb)
        self._hand_out_after(key)
        outcome = self._result(key, nb, future)
        self._taken += 1
        self._unsandboxed += outcome.unsandboxed
        self._tell()
        return outcome

    def judge_all(self, versions: Sequence[tuple[Key, NotebookNode]]) -> list[Outcome]:
        """What judging these notebooks comes to, side by side; nobody has to have handed them in.

        Raises:
            NoWorkersError: there are no workers of the kind that is asked for.
        """
        with self.at_work([]):
            sent = [(key, nb, self._submit(key, nb)) for key, nb in versions]
            return [self._result(*one) for one in sent]

    def _result(self, key: Key, nb: NotebookNode, future: Future[Outcome]) -> Outcome:
        """What a student's code does is a result; an error is the machine's, which tries again."""
        try:
            return future.result()
        except Exception as error:
            self.log.warning("%s was not judged, and is tried once more: %r", key, error)
        try:
            return self._submit(key, nb).result()
        except Exception:
            # Is it this notebook, or would it be the same with anybody's?
            try:
                if self._workers:
                    self._try_out(self._workers, {key[1]})
            except NoWorkersError as error:
                raise RunEndedError(str(error)) from error
            raise

    def _try_out(self, at_work: Workers, notebooks: set[str]) -> None:
        """Raises NoWorkersError where workers can't judge, whatever students wrote."""
        for name in sorted(notebooks):
            stubs = nbformat.from_dict(self._assignment.master(name).stubs)
            workers.refuse(at_work.problems(self._job_for("", name, stubs, {})))

    # ---- handing out ----------------------------------------------------------------------------

    def _hand_out_after(self, key: Key) -> None:
        if key in self._order:
            del self._order[: self._order.index(key) + 1]
        ahead = self.ahead or (self._workers.ahead if self._workers else 0)
        for following in list(self._order):
            if len(self._sent) >= ahead:
                break
            if following not in self._sent:
                self._hand_out(following)

    def _hand_out(self, following: Key) -> None:
        try:
            nb = self._assignment.rebuilt_ahead(*following)
            if HandedIn.of(nb).problem:  # nothing of it is going to be run
                self._order.remove(following)
            else:
                self._sent[following] = fingerprint(nb), self._submit(following, nb)
        except Exception as error:  # it's said again when it is the turn of this one
            self._order.remove(following)
            self.log.warning("%s can't be handed out ahead: %s", following, error)

    def _submit(self, key: Key, nb: NotebookNode) -> Future[Outcome]:
        if self._workers is None:
            self._workers = workers.start(self.executor, self._config(), self.log)
        return self._workers.submit(self._job(key, nb))

    def _job(self, key: Key, nb: NotebookNode) -> Job:
        student, notebook = key
        submitted = self._assignment.submitted_files(student)
        chosen, left_out = select_files(submitted, self.file_bytes, self.files)
        for problem in left_out:
            self.log.warning("Not shown to %s's kernel: %s", student, plain_line(problem))
        return self._job_for(student, notebook, nb, _read(chosen))

    def _job_for(
        self, student: str, notebook: str, nb: NotebookNode, files: dict[str, bytes]
    ) -> Job:
        assignment = self._assignment
        return Job(
            assignment=assignment.name,
            notebook=notebook,
            student=student,
            nb=nb,
            files=files | self._own_files(overwriting=True),
            trusted_files=self._own_files(overwriting=False),
            plan=assignment.plan(notebook),
            config=self._config(),
        )

    def _own_files(self, overwriting: bool) -> dict[str, bytes]:
        """The instructor's files, read once a run: as many submissions need them as there are."""
        if overwriting not in self._own:
            self._own[overwriting] = _read(self._assignment.own_files(overwriting))
        return self._own[overwriting]

    def _config(self) -> dict[str, dict[str, Any]]:
        """The part of the configuration that workers need, as plain data."""
        sections = {name: dict(self.config[name]) for name in PASSED_ON if name in self.config}
        config = Config(sections)
        if workers.is_remote(self.executor):  # unless the configuration says otherwise
            config.CourseKernelManager.setdefault("require_sandbox", True)
        seen = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        seen |= config.PlainProvisioner.get("environment", {})
        config.PlainProvisioner.environment = {**seen, "NBGRADER_EXECUTION": "autograde"}
        hidden = config.SandboxProvisioner.get("hidden", [])
        config.SandboxProvisioner.hidden = [*hidden, *self._assignment.private_folders()]
        return {name: dict(section) for name, section in config.items()}

    # ---- telling --------------------------------------------------------------------------------

    def _tell(self) -> None:
        left = len(self._order)
        seconds = time.monotonic() - self._began
        each = seconds / self._taken
        self._bar.total = self._taken + left
        self._bar.update()
        if left and not self._bar.disable:
            return
        if left:
            self.log.info(
                "%d of %d notebooks judged, about %s left",
                *(self._taken, self._taken + left, _duration(each * left)),
            )
        else:
            self.log.info(
                "%s judged in %s: %.1f a minute (%s)",
                *(count(self._taken, "notebook"), _duration(seconds), 60 / each, self.executor),
            )


def fingerprint(nb: NotebookNode) -> str:
    """Tells notebooks apart by what runs in them and how it is graded."""
    marks = ("grade_id", "grade", "solution", "locked", "points")
    parts = []
    for cell in nb.cells:
        told = cell.metadata.get("nbgrader", {})
        parts.append([cell.cell_type, cell.source, *(told.get(mark) for mark in marks)])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read(files: dict[str, str]) -> dict[str, bytes]:
    found = {}
    for name, path in files.items():
        with open(path, "rb") as file:
            found[name] = file.read()
    return found


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes} min"  # noqa: PLR2004
