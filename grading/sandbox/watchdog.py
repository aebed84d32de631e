"""The watch over a running kernel: limits that no process has by itself, and why a kernel ended."""

import contextlib
import os
import threading
import time
from dataclasses import dataclass

from grading.sandbox.meter import MIB, SHARE, Meter
from grading.sandbox.processes import KernelProcess, ProcessTree
from grading.sandbox.usage import explain_exit, running_tasks, used_up_time

WATCH_SECONDS = 0.1
LONGEST_SECONDS = 3.0  # between two looks, however long they take
KEPT_MESSAGE = 4000  # bytes
BURST_SECONDS = 1.0  # of a processor's time, beyond a kernel's share, before it has to wait
LONGEST_PAUSE = 1.0  # a kernel answers within that
LIMIT_REACHED = "A limit of the grader's was reached: the notebook used"


@dataclass(frozen=True)
class Limits:
    """What a kernel and all of its processes may use, together."""

    memory: int  # bytes, those of files in memory included
    tasks: int  # processes and threads
    files: int  # in memory
    descriptors: int  # open files
    sockets: int
    wall_seconds: int
    cpu_seconds: int  # of all of them; Linux holds the same for each
    processors: float  # busy ones, on average


class Watchdog:
    """Ends a kernel that exceeds its limits, and knows why a kernel ended.

    Attributes: process; tree, its processes, replaced where more is known of them; message, the end
    of what the kernel's process wrote to stderr (bytes), which says why one didn't start; at_limit,
    whether it was ended for what it used; from_outside, whether it was its outermost process that
    was killed, which nothing in a sandbox can reach.
    """

    def __init__(self, process: KernelProcess, limits: Limits) -> None:
        self.process = process
        self.tree = ProcessTree(process)
        self.message = b""
        self.at_limit = self.from_outside = False
        self._limits = limits
        self._meter = Meter(limits.memory, limits.tasks)
        self._share = _Share(limits.processors)
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
            if self.tree.group and self.tree.group.ran_out_of_memory():
                self.at_limit, allowed = True, self._limits.memory // MIB
                self._reason = f"{LIMIT_REACHED} more than {allowed:,} MiB of memory."
            else:
                self.from_outside = status < 0
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
        deadline = time.monotonic() + self._limits.wall_seconds
        if self.process.stderr:
            os.set_blocking(self.process.stderr.fileno(), False)
        next_look = 0.0
        while self.process.poll() is None and not self._stopped.wait(WATCH_SECONDS):
            self._read_message()
            reason = None
            try:
                if time.monotonic() >= next_look or self._meter.must_look():
                    began = time.thread_time()
                    reason = self._excess()
                    pause = SHARE * (time.thread_time() - began)
                    next_look = time.monotonic() + min(pause, LONGEST_SECONDS)
                if not reason:
                    self._share_out(self._meter.cpu_seconds(self.tree))
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
        limits, use = self._limits, self._meter.use(self.tree)
        for used, allowed, unit in (
            (use.tasks, limits.tasks, "processes and threads"),
            (use.memory // MIB, limits.memory // MIB, "MiB of memory"),
            (use.files, limits.files, "files"),
            (use.descriptors, limits.descriptors, "open files"),
            (use.sockets, limits.sockets, "sockets"),
        ):
            if used > allowed:
                self.at_limit |= not self._end_expected
                return f"{LIMIT_REACHED} {used:,} {unit}; {allowed:,} are allowed."
        if self._meter.cpu_seconds(self.tree) > limits.cpu_seconds:
            return used_up_time(limits.cpu_seconds)
        return None

    def _share_out(self, cpu_seconds: float) -> None:
        """Have the processes wait when they take more of the processors than their share."""
        tree = self.tree
        if tree.group and tree.group.shares_processor:
            return
        if wait := self._share.wait_after(cpu_seconds):
            try:
                tree.pause(self._limits.tasks)
                self._stopped.wait(wait)
                self._share.others(running_tasks())
            finally:
                tree.resume()


class _Share:
    """What a kernel may take of the processors: so many on average, and a little at once.

    One that takes more gets what one process would get beside all others, until it has been modest
    for a while.
    """

    def __init__(self, processors: float) -> None:
        self._processors = self._rate = processors
        self._credit = BURST_SECONDS  # of processor time
        self._used, self._at = 0.0, time.monotonic()

    def wait_after(self, used: float) -> float:
        """Seconds to wait for a kernel that has taken `used` seconds of processor time so far."""
        now = time.monotonic()
        self._credit += self._rate * (now - self._at) - (used - self._used)
        self._used, self._at = used, now
        if self._credit >= BURST_SECONDS:
            self._credit, self._rate = BURST_SECONDS, self._processors
        return min(max(0.0, -self._credit / self._rate), LONGEST_PAUSE)

    def others(self, running: int) -> None:
        """Take note of how much runs on this machine while the kernel waits, this thread too."""
        fair = (os.cpu_count() or 1) / max(1, running)
        self._rate = min(self._processors, (self._rate + fair) / 2)
