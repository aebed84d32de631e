"""What a tree of processes uses, read from Linux's /proc, and how a process ended, in words."""

import contextlib
import os
import signal
import sys
from pathlib import Path

# Memory that a process has filled itself, wherever it is now; not the pages of libtorch.
OWN_MEMORY = ("RssAnon:", "RssShmem:", "VmSwap:")
SIGNAL_STATUS = 128  # what a shell, and bwrap, add to a signal's number to make an exit status


def children(pid: int) -> list[int]:
    """The child processes of `pid`; none where it has ended or /proc doesn't tell."""
    return _threads_and_children(pid)[1]


def _threads_and_children(pid: int) -> tuple[int, list[int]]:
    """(number of threads, child processes) of `pid`; zero and none where it has ended."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        lists = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
    except OSError:
        return 0, []
    return len(threads), [int(child) for line in lists for child in line.split()]


def descendants(pid: int) -> list[int]:
    """`pid` and the processes below it."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def memory_and_tasks(pid: int, most_tasks: int) -> tuple[int, int]:
    """(bytes of memory, processes and threads) of `pid` and all processes below it.

    Memory that several of them share counts for each, so the bytes are at most too many. The count
    ends beyond `most_tasks` processes and threads: a fork bomb's are not worth the time.
    """
    memory = tasks = 0
    members = [pid]
    for member in members:
        threads, below = _threads_and_children(member)
        members += below
        tasks += threads
        if max(tasks, len(members)) > most_tasks:
            return memory, max(tasks, len(members))
        memory += _kilobytes(f"/proc/{member}/status", OWN_MEMORY) << 10
    return memory, tasks


def proportional_memory(pid: int) -> int:
    """Bytes of memory of `pid` and all processes below it, by Linux's proportional set size.

    A page that n processes share, anywhere, counts an nth for each. Takes some milliseconds for
    each 100 MB.
    """
    total = 0
    for member in descendants(pid):
        path = f"/proc/{member}/smaps_rollup"
        total += _kilobytes(path, ("Pss:", "SwapPss:")) - _kilobytes(path, ("Pss_File:",))
    return total << 10


def _kilobytes(path: str, names: tuple[str, ...]) -> int:
    """The sum of the lines of a file of /proc that begin with `names`; 0 where it has ended."""
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


def is_sleeping(pid: int) -> bool:
    """Is `pid` in interruptible sleep, waiting for something? OSError where it has ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def use_real_time_priority(task: int) -> None:
    """Let `task`, a process or a thread, run before all ordinary ones, where this account may.

    Against a fork bomb of root's: the kernel holds RLIMIT_NPROC for every account but that one, so
    those who count and end the processes have to get their turn among thousands of them.
    """
    if sys.platform == "linux":
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        with contextlib.suppress(OSError):
            os.sched_setscheduler(task, policy, os.sched_param(1))


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
        return f"The notebook used more than {cpu_seconds:,} seconds of processor time."
    if name == "SIGKILL":
        return "The kernel was killed (SIGKILL): by the notebook itself, or for lack of memory."
    return f"The kernel crashed: {signal.strsignal(number)} ({name})."
