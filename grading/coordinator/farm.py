"""Who runs and judges the notebooks: threads of this machine, or any `concurrent.futures.Executor`.

nbgrader grades one submission after another. Here each is run by a worker, and the next ones are
handed out while one is waited for. Only this process touches the course's files and its gradebook.
"""

import contextlib
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import traitlets
from nbformat.notebooknode import NotebookNode
from traitlets import Integer, Unicode, Union, default
from traitlets.config import Config, LoggingConfigurable

from grading.judge import job
from grading.sandbox.workspace import select_files

MOST_THREADS = 4  # by default: each kernel may fill as much memory as the sandbox allows it
CONNECT_SECONDS = 10
MIB = 1 << 20
PASSED_ON = ("Judge", "Execute", "CourseKernelManager")  # and the provisioners
PROVISIONERS = ("PlainProvisioner", "SandboxProvisioner", "ForkedProvisioner")
ENVIRONMENT = ("COURSE_TRAINING_SECONDS",)


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
        usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
        return f"threads:{min(len(usable), MOST_THREADS)}"

    def __init__(self, exporter, **kwargs):
        super().__init__(parent=exporter, **kwargs)
        self._exporter = exporter
        self._executor: Executor | None = None
        self._close_executor: Callable = lambda: None
        self._sent: dict[tuple, tuple[str, Future]] = {}
        self._order: list[tuple] | None = None
        self._judges: set = set()
        self._lock = threading.Lock()
        self._taken, self._began = 0, time.monotonic()

    def outcome(self, nb: NotebookNode, student: str, notebook: str) -> dict:
        """What judging a notebook came to (`job.do`). Hands out those that follow it, too."""
        key = student, notebook
        if self._order is None:
            self._order = self._exporter.upcoming()
        fingerprint, future = self._sent.pop(key, (None, None))
        if fingerprint != job.fingerprint(nb):  # it wasn't foreseen, or not like this
            future = self._submit(key, nb)
        self._hand_out_after(key)
        try:
            outcome = self._result(key, nb, future)
        except (KeyboardInterrupt, SystemExit):
            self.close()
            raise
        self._taken += 1
        self._tell()
        if not self._order:  # JupyterLab, where the formgrader runs this, doesn't end afterwards
            self.close()
        return outcome

    def _result(self, key: tuple, nb: NotebookNode, future: Future) -> dict:
        """What a student's code does is a result; an error is the machine's, which tries again."""
        try:
            return future.result()
        except Exception as error:
            self.log.warning("%s was not judged, and is tried once more: %r", key, error)
            return self._submit(key, nb).result()

    # ---- handing out ----------------------------------------------------------------------------

    def _hand_out_after(self, key: tuple) -> None:
        if key in self._order:
            del self._order[: self._order.index(key) + 1]
        for following in list(self._order):
            if len(self._sent) >= self.ahead:
                break
            if following not in self._sent:
                self._hand_out(following)

    def _hand_out(self, following: tuple) -> None:
        try:
            nb = self._exporter.rebuilt(*following)
            if nb is None:
                self._order.remove(following)
            else:
                self._sent[following] = job.fingerprint(nb), self._submit(following, nb)
        except Exception as error:  # it's said again when it is the turn of this one
            self._order.remove(following)
            self.log.warning("%s can't be handed out ahead: %s", following, error)

    def _submit(self, key: tuple, nb: NotebookNode) -> Future:
        if self._executor is None:
            self.start()
        return self._executor.submit(self._task, self._job(key, nb))

    def _job(self, key: tuple, nb: NotebookNode) -> dict:
        student, notebook = key
        exporter = self._exporter
        handed_in, left_out = select_files(
            exporter.handed_in_files(student), self.file_bytes, self.files
        )
        for problem in left_out:
            self.log.warning("Not shown to %s's kernel: %s", student, problem)
        return {
            "notebook": nb,
            "names": {"assignment": exporter.assignment, "notebook": notebook, "student": student},
            "files": _read(handed_in) | _read(exporter.own_files(overwriting=True)),
            "trusted_files": _read(exporter.own_files()),
            "allowed": sorted(exporter.allowed(notebook)),
            "config": self._config(),
        }

    def _config(self) -> dict:
        """The part of the configuration that workers need, as plain data."""
        names = (*PASSED_ON, *PROVISIONERS)
        config = Config({name: dict(self.config[name]) for name in names if name in self.config})
        seen = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        seen |= config.PlainProvisioner.get("environment", {})
        config.PlainProvisioner.environment = {**seen, "NBGRADER_EXECUTION": "autograde"}
        return {name: dict(section) for name, section in config.items()}

    # ---- the executor ---------------------------------------------------------------------------

    def start(self) -> None:
        """Get the workers. Raises ValueError for the name of an executor that there isn't."""
        self._executor = self._started()
        # An error that ends nbgrader elsewhere, such as Ctrl-C: Python would wait for all threads.
        self._tell_of_error, sys.excepthook = sys.excepthook, self._end_with_error

    def _end_with_error(self, *error) -> None:
        self.close()
        self._tell_of_error(*error)

    def _started(self) -> Executor:
        if callable(self.executor):
            self._task, self.ahead = job.do, self.ahead or 64
            executor = self.executor()
            self._close_executor = executor.shutdown
            return executor
        if match := re.fullmatch(r"threads:([1-9]\d*)", self.executor):
            self._task, self.ahead = self._here, self.ahead or int(match[1])
            executor = ThreadPoolExecutor(int(match[1]), "judge")
            self._close_executor = lambda: executor.shutdown(cancel_futures=True)
            return executor
        if match := re.fullmatch(r"dask:([1-9]\d*)|t(?:cp|ls)://\S+", self.executor):
            return self._start_dask(match[1])
        raise ValueError(
            f"c.Farm.executor = {self.executor!r} is none of 'threads:4', 'dask:4' and the address "
            "of a dask scheduler ('tcp://host:8786')"
        )

    def _start_dask(self, processes: str | None) -> Executor:
        try:
            from dask.distributed import Client  # noqa: PLC0415  (an optional extra)
        except ImportError as error:
            raise ValueError(
                f"c.Farm.executor = {self.executor!r} needs dask: pip install -e '.[farm]'"
            ) from error
        # What would be a word on each connection and each worker; warnings are heard.
        logging.getLogger("distributed").setLevel(logging.WARNING)
        if processes:
            client = Client(n_workers=int(processes), threads_per_worker=1, dashboard_address=None)
        else:
            try:
                client = Client(self.executor, timeout=CONNECT_SECONDS)
            except OSError as error:
                raise ValueError(f"No dask scheduler answers at {self.executor}.") from error
        threads = sum(client.nthreads().values())
        self._task, self.ahead = job.do, self.ahead or 2 * threads
        self._close_executor = client.close
        self.log.info("%d workers of dask run the notebooks", threads)
        return client.get_executor(pure=False, retries=2)

    def _here(self, wanted: dict) -> dict:
        """`job.do` in a thread of this process, which can be told to stop."""
        judges = []

        def started(judge) -> None:
            judges.append(judge)
            with self._lock:
                self._judges.add(judge)

        try:
            return job.do(wanted, started)
        finally:
            with self._lock:
                self._judges.difference_update(judges)

    def close(self) -> None:
        """Stops what still runs and lets the workers go; a second time does nothing."""
        if sys.excepthook == self._end_with_error:
            sys.excepthook = self._tell_of_error
        for _, future in self._sent.values():
            future.cancel()
        self._sent.clear()
        with self._lock:
            judges = list(self._judges)
        for judge in judges:
            judge.abandon()
        close, self._close_executor = self._close_executor, lambda: None
        self._executor = None
        with contextlib.suppress(Exception):  # the other end may be gone
            close()

    # ---- telling --------------------------------------------------------------------------------

    def _tell(self) -> None:
        left = len(self._order)
        seconds = time.monotonic() - self._began
        each = seconds / self._taken
        if left:
            self.log.info(
                "%d of %d notebooks judged, about %s left",
                *(self._taken, self._taken + left, _duration(each * left)),
            )
        else:
            self.log.info(
                "%d notebooks judged in %s: %.1f a minute (%s)",
                *(self._taken, _duration(seconds), 60 / each, self.executor),
            )


def _read(files: dict[str, str]) -> dict[str, bytes]:
    found = {}
    for name, path in files.items():
        with open(path, "rb") as file:
            found[name] = file.read()
    return found


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes} min"  # noqa: PLR2004
