"""Number 1 of a kernel's process namespace: it waits for all others in it, and nothing else.

Its end is theirs. So it is behind the same filter of system calls, and closed to all that they
could look into it with.
"""

import ctypes
import os
import signal

from grading.student.filter import deny_system_calls

SET_DUMPABLE = 4  # linux/include/uapi/linux/prctl.h
STANDARD_FILES = 3


def reap_until_end_of(pid: int) -> int:
    """Collect children until `pid` has ended; its exit status as a shell gives it."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def leave_first_process() -> None:
    """Return in a new process behind the filter; this one, number 1, waits for it and ends with it.

    Raises OSError where the filter can't be put there, or there can be no more processes.
    """
    # A handler, as Python's, would let a kernel signal number 1 of its namespace, and so end it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    deny_system_calls()
    libc = ctypes.CDLL(None)
    libc.prctl(SET_DUMPABLE, 0, 0, 0, 0)  # nobody may read its memory or open its files
    if child := os.fork():
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd >= STANDARD_FILES:
                os.closerange(fd, fd + 1)  # one of them was the listing's, and is closed already
        os._exit(reap_until_end_of(child))
    libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)
