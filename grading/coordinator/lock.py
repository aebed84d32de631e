"""One command at a time changes a course: its folders and its gradebook.

The lock is the operating system's, on a file in the course: it ends with the process that holds it,
however that ends. On Windows, and where a file system has no locks, nothing is held.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from grading.plain import plain_line

if sys.platform != "win32":
    import fcntl

FILE = ".nbgrader-lock"
LONGEST = 10_000  # bytes that tell who holds it

_mine = threading.local()  # .roots: the courses that this thread holds


class LockedOutError(Exception):
    """A command can't have the course, for another is at work; the message says what to do."""


@contextlib.contextmanager
def alone_in(root: str | Path, command: str) -> Iterator[None]:
    """Holds a course: no other command, of any process or thread, is at work in it meanwhile.

    A command within another one of the same thread is a part of that.

    Args:
        root: the course's folder.
        command: what to call this one.

    Raises:
        LockedOutError: another one is at work, or the folder can't be written; nothing was done.
    """
    here = os.path.realpath(root)
    held = _mine.__dict__.setdefault("roots", set())
    if sys.platform == "win32" or here in held:
        yield
        return
    with _opened(Path(here, FILE)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedOutError(_told(file, here)) from None
        except OSError:  # a file system without locks
            yield
            return
        held.add(here)
        try:
            _write(file, command)
            yield
        finally:
            held.discard(here)
            file.truncate(0)


def _opened(path: Path) -> IO[bytes]:
    """The file, which all may open who may enter a course that is shared by a group."""
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660)
    except OSError as error:
        raise LockedOutError(
            f"{path} can't be written ({error.strerror}), so nobody knows whether another command "
            "is at work in this course. Nothing has been changed. Please see to it that you may "
            "write to the course's folder, and that there is room."
        ) from None
    if os.fstat(number).st_uid == os.getuid():
        os.fchmod(number, 0o660)
    return open(number, "r+b", buffering=0)


def _write(file: IO[bytes], command: str) -> None:
    who = {
        "command": command,
        "process": os.getpid(),
        "machine": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        file.truncate(0)
        file.write(json.dumps(who).encode())


def _told(file: IO[bytes], root: str) -> str:
    who: dict[str, Any] = {}
    with contextlib.suppress(ValueError):
        who = dict(json.loads(file.read(LONGEST)))
    told = {name: plain_line(value) for name, value in who.items()}
    holder = "Another command"
    if told.keys() >= {"command", "process", "machine", "since"}:
        holder = (
            f"`{told['command']}` (process {told['process']} on {told['machine']}, since "
            f"{told['since']})"
        )
    return (
        f"{holder} is at work in {root}. One command at a time changes a course: please wait for "
        "its end, or end it, and run this one again. Nothing has been changed."
    )
