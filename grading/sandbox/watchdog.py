"""The watch over a running kernel: limits that no process has by itself, and why a kernel ended."""

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import IO, Protocol

from grading.sandbox.usage import (
    descendants,
    explain_exit,
    memory_and_tasks,
    proportional_memory,
    use_real_time_priority,
)

MIB = 1 << 20
WATCH_SECONDS = 0.1
KEPT_MESSAGE = 4000  # bytes


class KernelProcess(Protocol):
    """What is used here of `subprocess.Popen`: of a kernel's process, or of bwrap's around it."""

    @property
    def pid(self) -> int: ...

    @property
    def stderr(self) -> IO[bytes] | None: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


@dataclass(frozen=True)
class Limits:
    """What a kernel and all of its processes may use, together."""

    memory: int  # bytes, those of files in memory included
    tasks: int  # processes and threads
    files: int  # in memory
    wall_seconds: int
    cpu_seconds: int  # of each process; Linux holds this one, here it is named when it was reached


class ProcessTree:
    """A kernel's process and all processes below it, as this machine sees them."""

    def __init__(self, process: KernelProcess) -> None:
        self.process = process

    def file_usage(self) -> tuple[int, int]:
        """(bytes, number) of the files that the kernel keeps in memory."""
        return 0, 0

    def kill(self) -> None:
        """End them all."""
        for pid in descendants(self.process.pid):
            with contextlib.suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


class Watchdog:
    """Ends a kernel that exceeds its limits, and knows why a kernel ended.

    Attributes: process; tree, its processes, replaced where more is known of them; message, the end
    of what the kernel's process wrote to stderr (bytes), which says why one didn't start; at_limit,
    whether it was ended for what it used.
    """

    def __init__(self, process: KernelProcess, limits: Limits) -> None:
        self.process = process
        self.tree = ProcessTree(process)
        self.message = b""
        self.at_limit = False
        self._limits = limits
        self._reason: str | None = None
        self._end_expected = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to watch, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._stopped.set()
        self._thread.join()

    def await_end(self, seconds: float) -> None:
        """Wait until the kernel has ended and `message` is whole; for so long at most."""
        self._thread.join(seconds)

    @property
    def death_reason(self) -> str | None:
        """Why the kernel ended though nobody asked it to, as a sentence; None if it didn't."""
        status = self.process.poll()
        if status is not None and self._reason is None and not self._end_expected:
            self._reason = explain_exit(status, self._limits.cpu_seconds)
        return self._reason

    def expect_end(self) -> None:
        """From now on an end needs no reason; one that has already come keeps its own."""
        self._end_expected = self.death_reason is None

    def kill(self) -> None:
        """End the kernel and all of its processes, from whichever thread."""
        self.expect_end()
        if self.process.poll() is None:
            self.tree.kill()

    def _watch(self) -> None:
        use_real_time_priority(threading.get_native_id())
        deadline = time.monotonic() + self._limits.wall_seconds
        if self.process.stderr:
            os.set_blocking(self.process.stderr.fileno(), False)
        while self.process.poll() is None and not self._stopped.wait(WATCH_SECONDS):
            self._read_message()
            try:
                reason = self._excess()
                self.at_limit |= bool(reason) and not self._end_expected
            except Exception as error:  # what can't be watched doesn't run
                reason = f"The kernel can't be watched: {error!r}."
            if time.monotonic() > deadline:
                reason = f"The notebook ran for more than {self._limits.wall_seconds:,} seconds."
            if reason:
                if not self._end_expected:
                    self._reason = self._reason or reason
                self.tree.kill()
        self._read_message()

    def _read_message(self) -> None:
        """Empty the pipe of the kernel's own stderr."""
        with contextlib.suppress(OSError, ValueError):  # closed by the provisioner's wait()
            if self.process.stderr:
                self.message += self.process.stderr.read(1 << 16) or b""
                self.message = self.message[-KEPT_MESSAGE:]

    def _excess(self) -> str | None:
        """Which limit the processes exceed, as a sentence, or None."""
        limits = self._limits
        memory, tasks = memory_and_tasks(self.process.pid, limits.tasks)
        file_bytes, files = self.tree.file_usage()
        if memory + file_bytes > limits.memory and tasks <= limits.tasks:
            memory = proportional_memory(self.process.pid)
        for used, allowed, unit in (
            (tasks, limits.tasks, "processes and threads"),
            ((memory + file_bytes) // MIB, limits.memory // MIB, "MiB of memory"),
            (files, limits.files, "files"),
        ):
            if used > allowed:
                used_up = f"the notebook used {used:,} {unit}; {allowed:,} are allowed"
                return f"A limit of the grader's was reached: {used_up}."
        return None
