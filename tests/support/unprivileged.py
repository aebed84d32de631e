"""Work that a test has done by an account without rights, whoever runs the tests."""

import ctypes
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

from grading.sandbox.forkserver.server import drop_capabilities, libc_call

NEW_USERS, NEW_MOUNTS = 0x10000000, 0x20000
ME = 1  # `daemon`, whom every system knows


def unprivileged(work: Callable[[], str], before: Callable[[], None] = lambda: None) -> str:
    """What `work` returns in a process of its own, or the message of its AssertionError.

    Files of the account that runs the tests are that process's own, and their modes hold for it,
    also where that is root. Files of other accounts are somebody else's.

    Args:
        before: done with all rights in a mount namespace of its own, before they are given up.
    """
    context = multiprocessing.get_context("fork")  # nbgrader is imported already
    ours, theirs = context.Pipe()

    def run() -> None:
        uid, gid = os.getuid(), os.getgid()
        libc_call("unshare", NEW_USERS | NEW_MOUNTS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{ME} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{ME} {gid} 1")
        before()
        ctypes.CDLL(None).setresuid(ME, ME, ME)
        drop_capabilities()
        try:
            theirs.send(work())
        except AssertionError as error:
            theirs.send(str(error))

    process = context.Process(target=run)
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()
