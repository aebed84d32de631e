"""Who runs and judges notebooks: threads of this machine, or any `concurrent.futures.Executor`."""

import contextlib
import logging
import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from grading.judge import job
from grading.judge.job import Job, Outcome, Stop
from helpers.words import count

CONNECT_SECONDS = 10
AHEAD_OF_AN_EXECUTOR = 64  # jobs handed to an executor whose size nobody knows
MOST_THREADS = 4  # by default: each kernel may fill as much memory as the sandbox allows it
FEW = 8  # pages, made sooner than processes are started
Given = TypeVar("Given")
Result = TypeVar("Result")


class NoWorkersError(Exception):
    """There are no workers of the kind that is asked for; the message says why."""


Problems = dict[str, str | Exception | None]  # by the addresses of workers; None: there is none


class Workers(Protocol):
    """Workers that are at work.

    Attributes:
        ahead: how many jobs keep them busy.
    """

    ahead: int

    def submit(self, job: Job) -> Future[Outcome]:
        """Has a job done."""

    def problems(self, job: Job) -> Problems:
        """Why workers can't do jobs like this one, whoever's notebook it is."""

    def close(self) -> None:
        """Stops what still runs and lets the workers go."""


class Threads:
    """Threads of this process, which can be told to stop in the middle of a notebook."""

    def __init__(self, number: int):
        self.ahead = number
        self._executor = ThreadPoolExecutor(number, "judge")
        self._lock = threading.Lock()
        self._stops: set[Stop] = set()  # of what runs
        self._closing = False

    def submit(self, wanted: Job) -> Future[Outcome]:
        """Has a job done by one of the threads."""
        return self._executor.submit(self._do, job.do, wanted)

    def problems(self, wanted: Job) -> Problems:
        """Has one of the threads find out: all are of this machine."""
        return {"": self._executor.submit(self._do, job.problem, wanted).result()}

    def _do(self, task: Callable[[Job, Callable[[Stop], None]], Result], wanted: Job) -> Result:
        stops: list[Stop] = []

        def started(stop: Stop) -> None:
            stops.append(stop)
            with self._lock:
                self._stops.add(stop)
                if self._closing:
                    stop()

        try:
            return task(wanted, started)
        finally:
            with self._lock:
                self._stops.difference_update(stops)

    def close(self) -> None:
        """Ends the kernels of the jobs that run, cancels the others, and waits for the threads."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closing = True
            for stop in self._stops:
                stop()
        self._executor.shutdown()


class OfExecutor(Generic[Given, Result]):
    """The workers of an executor, which do one task; `close` lets them go."""

    def __init__(
        self,
        executor: Executor,
        task: Callable[[Given], Result],
        ahead: int,
        close: Callable[[], object],
        ask: Callable[[Job], Problems] | None = None,
    ):
        self.ahead = ahead
        self._executor, self._task, self._close, self._ask = executor, task, close, ask
        self._futures: set[Future[Result]] = set()

    def submit(self, given: Given) -> Future[Result]:
        """Has the task done by the executor."""
        future = self._executor.submit(self._task, given)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def problems(self, wanted: Job) -> Problems:
        """Asks all workers, or has the executor find out wherever it does that."""
        if self._ask:
            return self._ask(wanted)
        try:
            return {"": self._executor.submit(job.problem, wanted).result()}
        except Exception as error:  # of the executor, or of a worker without this package
            return {"": repr(error)}

    def close(self) -> None:
        """Cancels what hasn't begun."""
        for future in list(self._futures):
            future.cancel()
        with contextlib.suppress(Exception):  # the other end may be gone
            self._close()


class Here(Executor):
    """No other process: a task is done when it is asked for."""

    def submit(self, task: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(task(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def default_executor() -> str:
    """Threads of this machine, one for each of its processors."""
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return f"threads:{min(len(usable), MOST_THREADS)}"


def start(
    executor: str | Callable[[], Executor],
    config: dict[str, dict[str, Any]],
    log: logging.Logger,
) -> Workers:
    """Gets the workers that `c.Farm.executor` asks for.

    Args:
        config: that of the jobs to come, as plain data.

    Raises:
        NoWorkersError: for the name of an executor that there isn't, and where a sandbox is
            required and a worker has none.
    """
    if callable(executor):
        made = executor()
        return OfExecutor(made, job.do, AHEAD_OF_AN_EXECUTOR, made.shutdown)
    kind, number = _kind(executor)
    if kind != "remote":
        refuse({"": job.sandbox_problem(config)})
    if kind == "threads":
        return Threads(number)
    return _dask(executor, number, job.do, log, partial(job.sandbox_problem, config))


@contextlib.contextmanager
def for_pages(
    executor: str | Callable[[], Executor],
    task: Callable[[Given], Result],
    number: int,
    log: logging.Logger,
) -> Iterator[OfExecutor[Given, Result]]:
    """Workers that make pages: in the place of threads, which one processor has, processes.

    Args:
        number: how many pages there are.

    Raises:
        NoWorkersError: as `start`.
    """
    workers: OfExecutor[Given, Result]
    if callable(executor):
        made = executor()
        workers = OfExecutor(made, task, AHEAD_OF_AN_EXECUTOR, made.shutdown)
    else:
        kind, processes = _kind(executor)
        if kind == "threads":
            few = number <= FEW or processes == 1
            pool: Executor = Here() if few else ProcessPoolExecutor(processes, _context())
            workers = OfExecutor(pool, task, 1 if few else 4 * processes, pool.shutdown)
        else:
            workers = _dask(executor, processes, task, log)
    try:
        yield workers
    finally:
        workers.close()


def _context() -> Any:
    """How processes are started: those of a process without threads have all of it at once."""
    alone = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if alone else "spawn")


def _kind(executor: str) -> tuple[str, int]:
    """Which workers are asked for, and how many of this machine."""
    if is_remote(executor):
        return "remote", 0
    if match := re.fullmatch(r"(threads|dask):([1-9]\d*)", executor):
        return match[1], int(match[2])
    raise NoWorkersError(
        f"c.Farm.executor = {executor!r} is none of 'threads:4', 'dask:4' and the address "
        "of a dask scheduler ('tcp://host:8786')"
    )


def is_remote(executor: object) -> bool:
    """Whether these workers are other machines, of which nothing is known here."""
    return isinstance(executor, str) and re.fullmatch(r"t(cp|ls)://\S+", executor) is not None


def _dask(
    executor: str,
    processes: int,
    task: Callable[[Given], Result],
    log: logging.Logger,
    problem: Callable[[], str | None] | None = None,
) -> OfExecutor[Given, Result]:
    """Workers of dask's; `problem`: tells of a worker at an address why it may not be one."""
    try:
        from dask.distributed import Client, LocalCluster  # noqa: PLC0415  (an optional extra)
    except ImportError as error:
        raise NoWorkersError(
            f"c.Farm.executor = {executor!r} needs dask: pip install -e '.[farm]'"
        ) from error
    # What would be a word on each connection and each worker; warnings are heard.
    logging.getLogger("distributed").setLevel(logging.WARNING)
    ask: Callable[[Job], Problems]
    with contextlib.ExitStack() as opened:
        if processes:
            # Whoever reaches the scheduler's port runs programs as this account, and any account
            # of this machine reaches it: a certificate for this run alone lets nobody else in.
            cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                dashboard_address=None,
                security=True,
            )
            opened.callback(cluster.close)
            client = Client(cluster)
            ask = _of_this_machine
        else:
            try:
                client = Client(executor, timeout=CONNECT_SECONDS)
            except OSError as error:
                raise NoWorkersError(f"No dask scheduler answers at {executor}.") from error
            if problem:
                refuse(client.run(problem, on_error="return"))
            ask = partial(client.run, job.problem_there, on_error="return")
        opened.callback(client.close)
        threads = sum(client.nthreads().values())
        log.info("dask works on %s", count(threads, "worker"))
        executes = client.get_executor(pure=False, retries=2)
        return OfExecutor(executes, task, 2 * threads, opened.pop_all().close, ask)


def _of_this_machine(wanted: Job) -> Problems:
    return {"": job.problem_here(wanted)}


def refuse(problems: Problems) -> None:
    """Raises NoWorkersError where a worker can't judge, or may not run students' code.

    One that was lost meanwhile doesn't count.
    """
    problems = {name: why for name, why in problems.items() if why and not isinstance(why, OSError)}
    told = sorted(f"{name}: {why}".removeprefix(": ") for name, why in problems.items())
    if told:
        raise NoWorkersError("\n".join(told))
