"""Who runs and judges notebooks: threads of this machine, or any `concurrent.futures.Executor`."""

import contextlib
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Protocol

from grading.judge import job
from grading.judge.job import Job, Outcome
from grading.judge.judge import Judge
from helpers.words import count

CONNECT_SECONDS = 10
AHEAD_OF_AN_EXECUTOR = 64  # jobs handed to an executor whose size nobody knows


class NoWorkersError(Exception):
    """There are no workers of the kind that is asked for; the message says why."""


class Workers(Protocol):
    """Workers that are at work.

    Attributes:
        ahead: how many jobs keep them busy.
    """

    ahead: int

    def submit(self, job: Job) -> Future[Outcome]:
        """Has a job done."""

    def close(self) -> None:
        """Stops what still runs and lets the workers go."""


class Threads:
    """Threads of this process, which can be told to stop in the middle of a notebook."""

    def __init__(self, number: int):
        self.ahead = number
        self._executor = ThreadPoolExecutor(number, "judge")
        self._lock = threading.Lock()
        self._judges: set[Judge] = set()
        self._closing = False

    def submit(self, job: Job) -> Future[Outcome]:
        """Has a job done by one of the threads."""
        return self._executor.submit(self._do, job)

    def _do(self, wanted: Job) -> Outcome:
        judges: list[Judge] = []

        def started(judge: Judge) -> None:
            judges.append(judge)
            with self._lock:
                self._judges.add(judge)
                if self._closing:
                    judge.abandon()

        try:
            return job.do(wanted, started)
        finally:
            with self._lock:
                self._judges.difference_update(judges)

    def close(self) -> None:
        """Ends the kernels of the jobs that run, cancels the others, and waits for the threads."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closing = True
            for judge in self._judges:
                judge.abandon()
        self._executor.shutdown()


class OfExecutor:
    """The workers of an executor; `close` lets them go."""

    def __init__(self, executor: Executor, ahead: int, close: Callable[[], object]):
        self.ahead = ahead
        self._executor, self._close = executor, close
        self._futures: set[Future[Outcome]] = set()

    def submit(self, wanted: Job) -> Future[Outcome]:
        """Has a job done by the executor."""
        future = self._executor.submit(job.do, wanted)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def close(self) -> None:
        """Cancels what hasn't begun."""
        for future in list(self._futures):
            future.cancel()
        with contextlib.suppress(Exception):  # the other end may be gone
            self._close()


def start(executor: str | Callable[[], Executor], log: logging.Logger) -> Workers:
    """Gets the workers that `c.Farm.executor` asks for.

    Raises:
        NoWorkersError: for the name of an executor that there isn't.
    """
    if callable(executor):
        made = executor()
        return OfExecutor(made, AHEAD_OF_AN_EXECUTOR, made.shutdown)
    if match := re.fullmatch(r"threads:([1-9]\d*)", executor):
        return Threads(int(match[1]))
    if match := re.fullmatch(r"dask:([1-9]\d*)|t(?:cp|ls)://\S+", executor):
        return _dask(executor, match[1], log)
    raise NoWorkersError(
        f"c.Farm.executor = {executor!r} is none of 'threads:4', 'dask:4' and the address "
        "of a dask scheduler ('tcp://host:8786')"
    )


def _dask(executor: str, processes: str | None, log: logging.Logger) -> Workers:
    try:
        from dask.distributed import Client  # noqa: PLC0415  (an optional extra)
    except ImportError as error:
        raise NoWorkersError(
            f"c.Farm.executor = {executor!r} needs dask: pip install -e '.[farm]'"
        ) from error
    # What would be a word on each connection and each worker; warnings are heard.
    logging.getLogger("distributed").setLevel(logging.WARNING)
    if processes:
        client = Client(n_workers=int(processes), threads_per_worker=1, dashboard_address=None)
    else:
        try:
            client = Client(executor, timeout=CONNECT_SECONDS)
        except OSError as error:
            raise NoWorkersError(f"No dask scheduler answers at {executor}.") from error
    threads = sum(client.nthreads().values())
    log.info("dask runs the notebooks on %s", count(threads, "worker"))
    return OfExecutor(client.get_executor(pure=False, retries=2), 2 * threads, client.close)
