"""A part of `make gpu`, in a process of its own, which a time limit ends."""

import multiprocessing
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

Tell = Callable[[str, Any], None]


@dataclass(frozen=True)
class Part:
    """What came of a part: all that it told; error: why it did not run to its end, or ""."""

    seconds: float
    error: str
    results: dict[str, Any]


def limited(part: Callable[..., None], seconds: float, *arguments: Any) -> Part:
    """Runs `part(tell, *arguments)`; what it has told when it fails or is stopped is kept."""
    context = multiprocessing.get_context("spawn")  # CUDA can't be used in a fork
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(there, part, arguments))
    results: dict[str, Any] = {}
    error, start = "", time.monotonic()
    process.start()
    there.close()
    try:
        while here.poll(max(0.0, start + seconds - time.monotonic())):
            match here.recv():
                case (name, value):
                    results[name] = value
                case told:
                    error = told
        error = error or f"stopped after {seconds:.0f} seconds: the rest is missing"
    except EOFError:
        process.join()
        if process.exitcode and not error:
            error = f"its process ended with status {process.exitcode}"
    finally:
        process.terminate()
        process.join(10)
        process.kill()
        process.join()
    return Part(round(time.monotonic() - start, 1), error, results)


def _run(there: Connection, part: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    try:
        part(lambda name, value: there.send((name, value)), *arguments)
    except Exception as error:
        traceback.print_exc()
        there.send(f"{type(error).__name__}: {error}")
