"""One submission in the trusted process: set-up cells, test cells, the way to the student."""

import ast
import contextlib
import io
import math
import numbers
import queue
import random
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener

import numpy as np
import torch

from grading.trusted.proxies import RemoteStudent, StudentStopped

MESSAGE = 6_000  # characters kept of a failure's message
PRINTED = 20_000  # characters kept of what a test cell prints
CONNECT_SECONDS = 20.0
CALLER_SECONDS = 3.0  # for a caller to say the token


class Door:
    """Where the student's process knocks. Only who knows the token of the moment comes in."""

    def __init__(self, address: str | None):
        self._listener = Listener(address)
        self.address = self._listener.address
        self._callers: queue.Queue = queue.Queue(maxsize=8)
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
        self._open = False
        with contextlib.suppress(OSError):  # wakes the thread, which then ends
            if listening := getattr(self._listener._listener, "_socket", None):
                # Not by a call: the address may be gone, with the folder of a killed kernel.
                listening.shutdown(socket.SHUT_RDWR)
            else:
                Client(self.address).close()


class Session:
    """One submission: a namespace, what set-up cells put there, the way to the student.

    Args:
        interrupt: asks for SIGINT to be sent to the student's process.
    """

    def __init__(self, interrupt: Callable[[], None]):
        self._interrupt = interrupt
        self.namespace = {"__name__": "__main__", "display": lambda *_, **__: None}
        self.at_home: dict = {}
        self.door: Door | None = None

    def listen(self, address: str | None) -> dict:
        self.close()
        self.door = Door(address)
        return {"address": self.door.address}

    def setup(self, name: str, source: str) -> dict:
        """Runs a cell that both processes run; what it defines can be passed by name."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                _run(name, source, self.namespace)
        except Exception as error:
            return {"status": "failed", "name": type(error).__name__, "message": _told(error)}
        self.at_home = {k: v for k, v in self.namespace.items() if not k.startswith("_")}
        return {"status": "passed"}

    def test(self, name: str, source: str, allowed: list, token: str, **seconds) -> dict:
        """Runs a test cell; what it came to (see `_judge`)."""
        for seed in (torch.seed, random.seed, np.random.seed):
            seed()
        printed = Printed()
        student = None
        try:
            line = self.door.wait(token, min(CONNECT_SECONDS, seconds["call_seconds"]))
            student = RemoteStudent(
                line,
                interrupt=self._interrupt,
                setup_objects=self.at_home,
                **seconds,
            )
            with contextlib.redirect_stdout(printed), line:
                student.fetch_names(source, set(allowed), self.namespace)
                verdict = _judge(_run(name, source, self.namespace))
        except BaseException as error:
            verdict = {"status": "failed", "name": type(error).__name__, "message": _told(error)}
            if isinstance(error, SyntaxError | ImportError) and not hasattr(error, "student_error"):
                verdict["manual"] = f"the test itself fails: {verdict['message']}"
            if isinstance(error, StudentStopped):
                verdict = {"status": "stopped", "message": str(error)}
        if student and student.stopped:  # even where the test cell took no notice
            verdict = {"status": "stopped", "message": student.stopped}
        if student and student.changed_arguments and verdict["status"] == "passed":
            verdict["manual"] = "an argument was changed in place; please look at the answer"
        return {**verdict, "printed": printed.getvalue()[:PRINTED]}

    def close(self) -> None:
        if self.door:
            self.door.close()


class Printed(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        return super().write(text[: max(0, PRINTED - self.tell())])


def _run(name: str, source: str, namespace: dict):
    """Executes a cell; the value of its last expression, as in a notebook."""
    tree = ast.parse(source, f"<{name}>")
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, f"<{name}>", "exec"), namespace)
    return eval(compile(last, f"<{name}>", "eval"), namespace) if last else None


def _judge(value) -> dict:
    """A test cell's value as a verdict: None passes, a number is partial credit, else it is odd."""
    if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex():
        value = value.item()
    if value is None:
        return {"status": "passed"}
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value):
        return {"status": "passed", "number": float(value)}
    return {"status": "odd", "message": f"the test's value is no number: {type(value).__name__}"}


def _told(error: BaseException) -> str:
    return str(getattr(error, "student_error", None) or error)[:MESSAGE]
