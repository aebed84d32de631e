"""What a kernel's processes use together, looked at as often as the looking is cheap.

Where a control group has the limits, there is little to look at. Elsewhere it takes longer the more
processes there are, and how much of their memory they share takes longest. So that is found out
when it has to be: when their sum is too much, and this machine has become poorer by about as much.
"""

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass

from grading.sandbox import usage
from grading.sandbox.processes import ProcessTree
from grading.sandbox.usage import Process

MIB = 1 << 20
SHARE = 150  # looking takes one part in as many of a processor
SOCKET_BYTES = 2 * 212_992  # what fits into a socket, as Linux has it by default
TCP_BYTES = 10 * MIB
LEAST_CHANGE = 128 * MIB  # of this machine's memory
LOOK_SECONDS = 1.0  # between two looks at what is shared, at least


@dataclass(frozen=True)
class Use:
    """What the processes of a kernel use together. What Linux itself limits here is 0."""

    memory: int = 0  # bytes, those of files in memory among them
    tasks: int = 0  # processes and threads
    files: int = 0  # in memory
    descriptors: int = 0  # open files
    sockets: int = 0


class Meter:
    """Measures one kernel's processes, again and again.

    Args:
        most_memory: bytes, up to which it is enough to know that it is less.
        most_tasks: beyond as many nothing more is looked at.
    """

    def __init__(self, most_memory: int, most_tasks: int) -> None:
        self._most_memory, self._most_tasks = most_memory, most_tasks
        self._time = _ProcessorTime()
        self._closely = _Closely()
        self._looking: Future[_Closely] | None = None  # at what is shared
        self._next = self._soonest = 0.0  # when to do so
        self._floor = 0  # bytes that this machine has; when there is less, it can't wait

    def use(self, tree: ProcessTree) -> Use:
        """What the processes of `tree` use now. Raises OSError: one can't be looked at."""
        file_bytes, files = tree.file_usage()
        group = tree.group
        if group and group.limits_memory and group.limits_tasks:
            return Use(files=files)
        members = tree.members(self._most_tasks)
        tasks = len(members)
        seen: list[Process] = []
        for pid in members:
            if tasks > self._most_tasks:  # a fork bomb's are not worth the time
                return Use(tasks=tasks)
            if process := usage.look_at(pid):
                seen.append(process)
                tasks += process.tasks - 1
        if not group:
            above = tree.supervisor
            self._time.add(seen, usage.look_at(above) if above else None)
        sockets, tcp = tree.sockets()
        besides = file_bytes + sockets * SOCKET_BYTES + tcp * TCP_BYTES
        return Use(
            memory=besides + self._memory_of(seen, self._most_memory - besides),
            tasks=tasks,
            files=files,
            descriptors=sum(process.descriptors for process in seen),
            sockets=sockets,
        )

    def cpu_seconds(self, tree: ProcessTree) -> float:
        """Processor time of all processes that there ever were, by the last look at them."""
        return tree.group.cpu_seconds() if tree.group else self._time.seconds

    def must_look(self) -> bool:
        """Is there something new, or has this machine so much less memory that it can't wait?"""
        if self._looking:
            return self._looking.done()
        if not self._floor or time.monotonic() < self._soonest:
            return False
        available = usage.available_memory()
        return available is not None and available < self._floor

    def _memory_of(self, seen: list[Process], most: int) -> int:
        """Bytes of memory of these processes: more than `most` only if that is sure."""
        if self._looking and self._looking.done():
            self._closely, self._looking = self._looking.result(), None
            now, took = time.monotonic(), self._closely.took
            self._next = now + max(LOOK_SECONDS, SHARE * took)
            self._soonest = now + SHARE / 5 * took
            room = max((most - self._closely.memory) * 3 // 4, LEAST_CHANGE)
            self._floor = max(1, (usage.available_memory() or 0) - room)
        elif not self._looking and (time.monotonic() >= self._next or self.must_look()):
            self._looking = _look_closely(seen, most)
        own = sum(process.memory + process.tables for process in seen)
        mapped = sum(process.shared for process in seen)
        sure = own + max(mapped, self._closely.shared)  # at most so much
        return sure if sure <= most else self._closely.memory


@dataclass(frozen=True)
class _Closely:
    """What a closer look at processes has found.

    Attributes:
        shared: bytes of memory that belongs to none of them; memory: of all, that among it.
        took: seconds of processor time.
    """

    shared: int = 0
    memory: int = 0
    took: float = 0.0


def _look_closely(seen: list[Process], most: int) -> "Future[_Closely]":
    """Look closely at processes: is their memory really more than `most`, what shared is there?

    In a thread of its own: Linux answers when the process isn't just changing its memory, and one
    of a fork bomb's may have to wait for its turn in the middle of that for half a minute.
    """
    found: Future[_Closely] = Future()
    pids = [process.pid for process in seen]
    own, tables = sum(process.memory for process in seen), sum(process.tables for process in seen)

    def look() -> None:
        began = time.thread_time()
        try:
            shared = usage.shared_memory(pids)
            room = most - shared - tables
            own_really = own if own <= room else usage.proportional_memory(pids, enough=room)
            took = time.thread_time() - began
            found.set_result(_Closely(shared, shared + tables + own_really, took))
        except OSError as error:
            found.set_exception(error)

    threading.Thread(target=look, daemon=True).start()
    return found


class _ProcessorTime:
    """Adds up the processor time of processes, of those that have ended, too.

    Linux adds a child's time to its parent's when that collects it; of one whose parent doesn't
    care to, what was seen last counts. Of the two sums the larger is the better one.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._running: dict[tuple[int, str], float] = {}
        self._ended = 0.0

    def add(self, seen: list[Process], supervisor: Process | None) -> None:
        """Take note of the processes that there are; `supervisor` has collected the orphans."""
        running = {process.key: process.own_seconds for process in seen}
        self._ended += sum(t for key, t in self._running.items() if key not in running)
        self._running = running
        collected = sum(process.ended_seconds for process in seen)
        if supervisor:
            collected += supervisor.ended_seconds
        now = sum(running.values())
        self.seconds = max(self.seconds, now + self._ended, now + collected)
