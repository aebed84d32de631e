"""One submission in the trusted process: set-up cells, test cells, the way to the student."""

import ast
import contextlib
import io
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grading.magics import as_python
from grading.trusted.listener import TokenListener
from grading.trusted.proxies import RemoteStudent
from grading.trusted.trial import Trial, told
from grading.verdict import Status, Verdict

CONNECT_SECONDS = 20.0
CHANGED = "an argument was changed in place; please look at the answer"


class Session:
    """One submission: a namespace, what set-up cells put there, the way to the student.

    Args:
        interrupt: asks for SIGINT to be sent to the student's process.
    """

    def __init__(self, interrupt: Callable[[], None]):
        self._interrupt = interrupt
        self.namespace: dict[str, Any] = {
            "__name__": "__main__",
            "display": _show_nothing,
            "get_ipython": _show_nothing,  # None, as anywhere outside of IPython
        }
        self.setup_objects: dict[str, Any] = {}
        self.listener: TokenListener | None = None

    def listen(self, path: str | None) -> str:
        """Listens for the student's kernel at a unix socket, or anywhere; the address."""
        self.close()
        self.listener = TokenListener(path)
        return self.listener.address

    def set_up(self, name: str, source: str) -> str | None:
        """Runs a cell that both processes run; what it defines can be passed by name.

        Returns:
            None where it ran to its end, else its error in words.
        """
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                _run(name, source, self.namespace)
        except Exception as error:
            return f"{type(error).__name__}: {told(error)}"
        self.setup_objects = {k: v for k, v in self.namespace.items() if not k.startswith("_")}
        return None

    def test(
        self,
        name: str,
        source: str,
        points: float,
        allowed: list[str],
        token: str,
        call_seconds: float,
        seconds: float,
    ) -> Verdict:
        """Runs a test cell; arguments as of `grading.judge.trusted_client.TrustedClient.test`."""
        for seed in (torch.seed, random.seed, np.random.seed):
            seed()
        trial = Trial(name, points)
        student = None
        try:
            if self.listener is None:
                raise RuntimeError("`listen` comes before `test`")
            line = self.listener.wait(token, min(CONNECT_SECONDS, call_seconds))
            student = RemoteStudent(
                line,
                interrupt=self._interrupt,
                setup_objects=self.setup_objects,
                call_seconds=call_seconds,
                seconds=seconds,
            )
            with trial.watched(), line:
                student.fetch_names(source, set(allowed), self.namespace)
                verdict = trial.passed(_run(name, source, self.namespace))
        except BaseException as error:
            verdict = trial.ended(error)
        if student and student.stopped:  # even where the test cell took no notice
            verdict = trial.stopped(student.stopped)
        if student and student.limit and verdict.status is Status.FAILED:
            verdict = trial.at_limit(verdict, student.limit)
        if student and student.changed_arguments and verdict.status is Status.PASSED:
            verdict = verdict.but(manual=CHANGED)
        return verdict

    def close(self) -> None:
        """Ends the listening."""
        if self.listener:
            self.listener.close()


def _show_nothing(*_: Any, **__: Any) -> None:
    """Takes the place of a notebook's `display`."""


def _run(name: str, source: str, namespace: dict[str, Any]) -> Any:
    """Executes a cell; the value of its last expression, as in a notebook."""
    tree = ast.parse(as_python(source), f"<{name}>")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"<{name}>", "exec"), namespace)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), f"<{name}>", "eval"), namespace)
