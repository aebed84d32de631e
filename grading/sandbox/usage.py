"""What a tree of processes uses, read from Linux's /proc, and how a process ended, in words."""

import contextlib
import os
import signal
from pathlib import Path

# Memory that a process has filled itself, wherever it is now; not the pages of libtorch.
FILLED = ("RssAnon:", "RssShmem:", "VmSwap:")
SIGNALLED = 128  # what a shell, and bwrap, add to a signal's number to make an exit status


def children(pid):
    """The child processes of `pid`; an empty list where it has ended or /proc doesn't tell."""
    return _threads_and_children(pid)[1]


def _threads_and_children(pid):
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        lists = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
    except OSError:
        return 0, []
    return len(threads), [int(child) for line in lists for child in line.split()]


def descendants(pid):
    """`pid` and the processes below it."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def usage(pid, most):
    """(bytes of memory, processes and threads) of `pid` and all processes below it.

    Memory that several of them share counts for each, so the bytes are at most too many. The count
    ends beyond `most` processes and threads: those of a fork bomb are not worth the time.
    """
    memory = tasks = 0
    members = [pid]
    for member in members:
        threads, below = _threads_and_children(member)
        members += below
        tasks += threads
        if max(tasks, len(members)) > most:
            return memory, max(tasks, len(members))
        memory += _kilobytes(f"/proc/{member}/status", FILLED) << 10
    return memory, tasks


def memory_in_parts(pid):
    """Bytes of memory of `pid` and all processes below it, where a page that n processes share,
    anywhere, counts an nth for each. Takes some milliseconds for each 100 MB."""
    total = 0
    for member in descendants(pid):
        path = f"/proc/{member}/smaps_rollup"
        total += _kilobytes(path, ("Pss:", "SwapPss:")) - _kilobytes(path, ("Pss_File:",))
    return total << 10


def _kilobytes(path, names):
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


def is_asleep(pid):
    """Is `pid` waiting for something? OSError where it has ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def prefer(task):
    """Let `task`, a process or a thread, run before all ordinary ones, where this account may.

    Against a fork bomb of root's: the kernel holds RLIMIT_NPROC for every account but that one, so
    those who count and end the processes have to get their turn among thousands of them.
    """
    if hasattr(os, "sched_setscheduler"):
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        with contextlib.suppress(OSError):
            os.sched_setscheduler(task, policy, os.sched_param(1))


def how_it_ended(status, cpu_seconds):
    """Why a kernel that nobody stopped has ended, as a sentence.

    status: its exit status, as subprocess gives it (-n for signal n) or as a shell does (128 + n).
    """
    number = -status if status < 0 else status - SIGNALLED
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"The kernel ended by itself, with exit status {status}."
    if name == "SIGXCPU":
        return f"The notebook used more than {cpu_seconds:,} seconds of processor time."
    if name == "SIGKILL":
        return "The kernel was killed (SIGKILL): by the notebook itself, or for lack of memory."
    return f"The kernel crashed: {signal.strsignal(number)} ({name})."
