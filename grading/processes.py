"""What a tree of processes uses, read from Linux's /proc, and how a process ended, in words."""

import os
import signal
from pathlib import Path

# Memory that a process has filled itself, wherever it is now; not the pages of libtorch.
FILLED = ("RssAnon:", "RssShmem:", "VmSwap:")
SIGNALLED = 128  # what a shell, and bwrap, add to a signal's number to make an exit status


def children(pid):
    """The child processes of `pid`; an empty list where it has ended or /proc doesn't tell."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        pass
    return found


def descendants(pid):
    """`pid` and the processes below it."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def usage(pid):
    """(bytes of memory, processes and threads) of `pid` and all processes below it."""
    memory = tasks = 0
    for member in descendants(pid):
        try:
            lines = Path(f"/proc/{member}/status").read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(FILLED):
                memory += int(line.split()[1]) << 10
            elif line.startswith("Threads:"):
                tasks += int(line.split()[1])
    return memory, tasks


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
