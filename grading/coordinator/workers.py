"""Who runs and judges notebooks: threads of this machine, or any `concurrent.futures.Executor`."""

import contextlib
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

from grading.judge import job
from grading.judge.job import Job, Outcome, Stop
from helpers.words import count

CONNECT_SECONDS = 10
AHEAD_OF_AN_EXECUTOR = 64  # jobs handed to an executor whose size nobody knows


class NoWorkersError(Exception):
    """There are no workers of the kind that is asked for; the message says why."""


Done = TypeVar("Done")
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

    def _do(self, task: Callable[[Job, Callable[[Stop], None]], Done], wanted: Job) -> Done:
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


class OfExecutor:
    """The workers of an executor; `close` lets them go."""

    def __init__(
        self,
        executor: Executor,
        ahead: int,
        close: Callable[[], object],
        ask: Callable[[Job], Problems] | None = None,
    ):
        self.ahead = ahead
        self._executor, self._close, self._ask = executor, close, ask
        self._futures: set[Future[Outcome]] = set()

    def submit(self, wanted: Job) -> Future[Outcome]:
        """Has a job done by the executor."""
        future = self._executor.submit(job.do, wanted)
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
        return OfExecutor(made, AHEAD_OF_AN_EXECUTOR, made.shutdown)
    if is_remote(executor):
        return _dask(executor, 0, config, log)
    if match := re.fullmatch(r"(threads|dask):([1-9]\d*)", executor):
        refuse({"": job.sandbox_problem(config)})
        number = int(match[2])
        return Threads(number) if match[1] == "threads" else _dask(executor, number, config, log)
    raise NoWorkersError(
        f"c.Farm.executor = {executor!r} is none of 'threads:4', 'dask:4' and the address "
        "of a dask scheduler ('tcp://host:8786')"
    )


def is_remote(executor: object) -> bool:
    """Whether these workers are other machines, of which nothing is known here."""
    return isinstance(executor, str) and re.fullmatch(r"t(cp|ls)://\S+", executor) is not None


def _dask(
    executor: str, processes: int, config: dict[str, dict[str, Any]], log: logging.Logger
) -> Workers:
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
            refuse(client.run(job.sandbox_problem, config, on_error="return"))
            ask = partial(client.run, job.problem_there, on_error="return")
        opened.callback(client.close)
        threads = sum(client.nthreads().values())
        log.info("dask runs the notebooks on %s", count(threads, "worker"))
        executes = client.get_executor(pure=False, retries=2)
        return OfExecutor(executes, 2 * threads, opened.pop_all().close, ask)


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
