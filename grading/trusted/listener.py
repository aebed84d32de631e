"""Where the trusted process can be called by the student's kernel, and by nobody else."""

import contextlib
import queue
import socket
import threading
import time
from multiprocessing.connection import Client, Connection, Listener

from grading.trusted.errors import StudentStopped

CALLER_SECONDS = 3.0  # for a caller to say the token
MOST_CALLERS = 8  # that wait


class TokenListener:
    """Listens at an address. Only a caller who knows the token of the moment is talked to.

    Args:
        path: of a unix socket; None for any address of this machine.
    """

    def __init__(self, path: str | None):
        self._listener = Listener(path)
        self.address = self._listener.address
        self._callers: queue.Queue[Connection] = queue.Queue(maxsize=MOST_CALLERS)
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while self._open:
            with contextlib.suppress(OSError):
                caller = self._listener.accept()
                try:
                    self._callers.put_nowait(caller)
                except queue.Full:
                    caller.close()
        with contextlib.suppress(FileNotFoundError):  # its folder may be gone
            self._listener.close()

    def wait(self, token: str, seconds: float) -> Connection:
        """The connection of whoever sends the token. Raises `StudentStopped` when nobody does."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty, EOFError, OSError):
                line = self._callers.get(timeout=left)
                if line.poll(CALLER_SECONDS) and line.recv_bytes(len(token)) == token.encode():
                    return line
                line.close()
        raise StudentStopped("the student's process cannot be reached")

    def close(self) -> None:
        """Ends the listening; whoever is talked to still is."""
        self._open = False
        with contextlib.suppress(OSError):  # wakes the thread, which then ends
            inner = getattr(self._listener, "_listener", None)
            if listening := getattr(inner, "_socket", None):
                # Not by a call: the address may be gone, with the folder of a killed kernel.
                listening.shutdown(socket.SHUT_RDWR)
            else:
                Client(self.address).close()
