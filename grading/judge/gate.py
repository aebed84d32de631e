"""The gate on the way of a kernel's messages: none is larger than may be, with all of its parts.

ZeroMQ limits each part of a message, but not their number, and has read them all before anybody can
look at the first: a kernel could fill the grader's memory with one message. So between its sockets
and ours the bytes are counted, and who sends too many is hung up on.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from typing import Any

CHUNK = 1 << 18  # bytes that are passed on at once
GREETING = 64  # bytes before the first part, in version 3 of ZeroMQ's protocol
VERSION_3 = re.compile(rb"\xff.{8}\x7f\x03", re.S)  # how they begin
PART = 64  # bytes that a part takes in memory even when it is empty
MORE, LONG = 1, 2  # flags of a part: others follow, its size is in 8 bytes


class TooLargeError(Exception):
    """A message is larger than may be, or in no protocol that we know."""


class Sizes:
    """Counts the bytes of each message in a stream of ZeroMQ's protocol (ZMTP 3)."""

    def __init__(self, most: int):
        self._most = most
        self._greeting = b""
        self._head = b""  # of the part that begins
        self._skipped = 0  # bytes of the part that are still to come
        self._size = 0  # of the message so far

    def take(self, data: bytes) -> None:
        """Counts what has arrived.

        Raises:
            TooLargeError: it belongs to a message that is too large.
        """
        at = GREETING - len(self._greeting)
        if at:
            self._greeting += data[:at]
            if len(self._greeting) < GREETING:
                return
            if not VERSION_3.match(self._greeting):
                raise TooLargeError("the sizes of another version can't be told")
        while at < len(data):
            if self._skipped:
                step = min(self._skipped, len(data) - at)
                self._skipped -= step
                at += step
                continue
            self._head += data[at : at + 1]
            at += 1
            flags = self._head[0]
            if len(self._head) == (9 if flags & LONG else 2):
                self._skipped = int.from_bytes(self._head[1:], "big")
                self._head = b""
                self._size += PART + self._skipped
                if self._size > self._most:
                    raise TooLargeError("a message is larger than may be")
                if not flags & MORE:
                    self._size = 0


class Gate:
    """Takes calls at paths of its own and passes them on to a kernel's.

    Args:
        paths: where we call, and where the kernel listens; most: bytes of a message from there.
    """

    def __init__(self, paths: dict[str, str], most: int):
        self._most = most
        self._open: set[socket.socket] = set()
        for here, there in paths.items():
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(here)
            listener.listen()
            self._open.add(listener)
            _start(self._serve, listener, there)

    def close(self) -> None:
        """Hangs up on everybody."""
        for line in list(self._open):
            _hang_up(line)

    def _serve(self, listener: socket.socket, path: str) -> None:
        with listener, contextlib.suppress(OSError):
            while True:
                ours, _ = listener.accept()
                _start(self._connect, ours, path)

    def _connect(self, ours: socket.socket, path: str) -> None:
        with ours, socket.socket(socket.AF_UNIX) as theirs, contextlib.suppress(OSError):
            theirs.connect(path)
            self._open |= {ours, theirs}
            back = _start(_pass_on, theirs, ours, Sizes(self._most))
            _pass_on(ours, theirs)
            back.join()
            self._open -= {ours, theirs}


def _pass_on(source: socket.socket, to: socket.socket, sizes: Sizes | None = None) -> None:
    with contextlib.suppress(OSError, TooLargeError):
        while data := source.recv(CHUNK):
            if sizes:
                sizes.take(data)
            to.sendall(data)
    for line in (source, to):
        _hang_up(line)


def _hang_up(line: socket.socket) -> None:
    """Ends a line, also where a thread waits at it."""
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _start(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread
