"""What processes use, read from Linux's /proc, and how a process ended, in words.

A process that has ended uses nothing. Whatever else keeps a process from being read is an OSError.
"""

import contextlib
import functools
import mmap
import os
import random
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SIGNAL_STATUS = 128  # what a shell, and bwrap, add to a signal's number to make an exit status
# Fields of /proc/<pid>/stat after the name, see proc_pid_stat(5).
STATE, USER_TIME, SYSTEM_TIME, CHILDREN_TIME, START = 0, 11, 12, slice(13, 15), 19
ENDED, STOPPED = frozenset("ZX"), frozenset("ZXTt")
GONE = (FileNotFoundError, ProcessLookupError)
LOOK_SECONDS, FAR_LESS = 0.015, 0.8
TICK = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01


@dataclass(frozen=True)
class Process:
    """One process at one moment.

    Attributes:
        key: what tells it from all others, whatever number it has.
        tasks: its threads; descriptors: its open files.
        memory: bytes that it has filled itself, wherever they are now, not the pages of libtorch;
            what it shares with a parent counts in full.
        tables: bytes of its page tables.
        shared: bytes of shared memory that it has before it, files in memory among it.
        own_seconds: of processor time; ended_seconds: those of the children that it has collected.
    """

    pid: int
    key: tuple[int, str]
    tasks: int
    descriptors: int
    memory: int
    tables: int
    shared: int
    own_seconds: float
    ended_seconds: float


def look_at(pid: int) -> Process | None:
    """What `pid` uses; None where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if fields[STATE] in ENDED:  # what it used is its parent's to collect
            return None
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
        descriptors = open_files(pid)
    except GONE:
        return None
    status = dict(line.split(":", 1) for line in lines if ":" in line)

    def size(*names: str) -> int:
        return sum(int(status[name].split()[0]) for name in names if name in status) << 10

    return Process(
        pid=pid,
        key=(pid, fields[START]),
        tasks=int(status["Threads"]),
        descriptors=descriptors,
        memory=size("RssAnon", "VmSwap"),
        tables=size("VmPTE"),
        shared=size("RssShmem"),
        own_seconds=(int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])) * TICK,
        ended_seconds=sum(map(int, fields[CHILDREN_TIME])) * TICK,
    )


def open_files(pid: int) -> int:
    """How many files a process has open: the size of its folder, from Linux 6.2 on.

    Before that, one that lets nobody look, as number 1 of a sandbox, has as many as it may have.
    """
    folder = f"/proc/{pid}/fd"
    try:
        return os.stat(folder).st_size or len(os.listdir(folder))
    except PermissionError:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
        return int(next(line.split()[3] for line in lines if line.startswith("Max open files")))


def children(pid: int) -> list[int]:
    """The child processes of `pid`; none where it has ended or /proc doesn't tell."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        lists = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
    except OSError:
        return []
    return [int(child) for line in lists for child in line.split()]


def descendants(pid: int, most: int | None = None) -> list[int]:
    """`pid` and the processes below it; no further than `most` of them, where that is given."""
    found = [pid]
    for parent in found:
        if most is not None and len(found) > most:
            break
        found += children(parent)
    return found


def proportional_memory(pids: Iterable[int], enough: int) -> int:
    """Bytes of memory that processes have filled themselves, by Linux's proportional set size.

    A page that n processes share, anywhere, counts an nth for each. That takes up to some 30 ms for
    each GB, so it ends where there is more than `enough`; and where those that were looked at until
    LOOK_SECONDS were over, in random order, say that all of them have far less.
    """
    order = list(pids)
    random.shuffle(order)
    began, total = time.thread_time(), 0
    for seen, pid in enumerate(order, 1):
        with contextlib.suppress(*GONE):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Pss_Anon:", "SwapPss:")):
                    total += int(line.split()[1]) << 10
        in_all = total * len(order) // seen
        late = time.thread_time() > began + LOOK_SECONDS
        if total > enough or (late and in_all < FAR_LESS * enough):
            return total if total > enough else in_all
    return total


@functools.cache
def _device_of_shared_memory() -> str:
    """The device that the maps of a process name for shared memory without a file of its own."""
    with mmap.mmap(-1, mmap.PAGESIZE):
        for line in Path("/proc/self/maps").read_text().splitlines():
            if line.endswith("/dev/zero (deleted)"):
                return line.split()[3]
    return ""


def shared_memory(pids: Iterable[int]) -> int:
    """Bytes of the shared memory that processes hold without a file for it.

    Pages stay in it that no process has before it any more, and so are in nobody's numbers. Each
    counts once. What is really filled only root is told; else what is mapped counts.
    """
    found: dict[str, int] = {}
    for pid in pids:
        device = _device_of_shared_memory()
        with contextlib.suppress(*GONE):
            lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
            for words in (line.split(maxsplit=5) for line in lines if f" {device} " in line):
                place, _, offset, where, inode = words[:5]
                if where == device:
                    size = _size_of_map(pid, place, int(offset, 16))
                    found[inode] = max(found.get(inode, 0), size)
    return sum(found.values())


def _size_of_map(pid: int, place: str, offset: int) -> int:
    """Bytes of the memory behind a map: those that are filled, or else all as far as it is seen."""
    try:
        return os.stat(f"/proc/{pid}/map_files/{place}").st_blocks * 512  # stat(2)'s unit
    except OSError:
        start, end = (int(word, 16) for word in place.split("-"))
        return offset + end - start


def sockets_of(pid: int) -> tuple[int, int]:
    """(sockets, those of TCP) in the network namespace of `pid`, unreceived ones among them."""
    found = {"sockets:": 0, "TCP:": 0}
    with contextlib.suppress(*GONE):
        for line in Path(f"/proc/{pid}/net/sockstat").read_text().splitlines():
            words = line.split()
            if words[0] in found:
                found[words[0]] = int(words[2])
    return found["sockets:"], found["TCP:"]


def available_memory() -> int | None:
    """Bytes that this machine could still give; None where it doesn't tell."""
    with contextlib.suppress(*GONE):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None


def running_tasks() -> int:
    """How many processes and threads of this machine run or wait for a processor."""
    with contextlib.suppress(*GONE):
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    return 1


def state_of(pid: int) -> str:
    """What `pid` does, as a letter: S where it sleeps, say. OSError where it has ended."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[STATE]


def explain_exit(status: int, cpu_seconds: int) -> str:
    """Why a kernel that nobody stopped has ended, as a sentence.

    status: its exit status, as subprocess gives it (-n for signal n) or as a shell does (128 + n).
    cpu_seconds: the limit of processor time that it ran under.
    """
    number = -status if status < 0 else status - SIGNAL_STATUS
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"The kernel ended by itself, with exit status {status}."
    if name == "SIGXCPU":
        return used_up_time(cpu_seconds)
    if name == "SIGKILL":
        return "The kernel was killed (SIGKILL): by the notebook itself, or for lack of memory."
    return f"The kernel crashed: {signal.strsignal(number)} ({name})."


def used_up_time(cpu_seconds: int) -> str:
    """What is said of a notebook that met its limit of processor time."""
    return f"The notebook used more than {cpu_seconds:,} seconds of processor time."
