"""One submission in the trusted process: the instructor's cells, test cells, the student's side."""

import ast
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from grading import streams
from grading.plan import Need, Step
from grading.statements import EVERYTHING
from grading.trusted import asserting
from grading.trusted.errors import is_out_of_memory
from grading.trusted.listener import TokenListener
from grading.trusted.mirror import Mirror
from grading.trusted.proxies import RemoteStudent
from grading.trusted.seeds import Seeds
from grading.trusted.trial import Trial, told
from grading.verdict import Status, Verdict

CONNECT_SECONDS = 20.0
CHANGED = (
    "Your code changed an argument in place, which the test goes on to use, so this counts for "
    "nothing yet: work on a copy. Whoever grades will look at it."
)
ALLOW_MORE = " (c.TrustedPool.memory sets how much memory the instructor's cells and tests may use)"


class Session:
    """One submission: a namespace, what the instructor's cells put there, the way to the student.

    Args:
        interrupt: asks for SIGINT to be sent to the student's process.
        seed: of the random numbers of the instructor's cells, the same as in the student's kernel.
    """

    def __init__(self, interrupt: Callable[[], None], seed: int = 0):
        self._interrupt = interrupt
        self.namespace: dict[str, Any] = {
            "__name__": "__main__",
            "display": _show_nothing,
            "get_ipython": _show_nothing,  # None, as anywhere outside of IPython
            asserting.EXPLAIN: asserting.explain,
        }
        self.setup_objects: dict[str, Any] = {}
        self.listener: TokenListener | None = None
        # Names of the instructor's that this process couldn't make: because something of the
        # student's is missing, or for another reason.
        self._lost: set[str] = set()
        self._failed: set[str] = set()
        streams.begin(seed)
        self._streams = streams.states()  # of the instructor's cells, apart from those of tests

    def listen(self, path: str | None) -> str:
        """Listens for the student's kernel at a unix socket, or anywhere; the address."""
        self.close()
        self.listener = TokenListener(path)
        return self.listener.address

    def set_up(self, steps: Sequence[Step]) -> str | None:
        """Runs what precedes the first answer, which both processes run.

        Returns:
            None, or for a locked cell that doesn't run to its end its name and its error in words.
        """
        return self._run_steps(steps, None)

    def test(
        self,
        name: str,
        need: Need,
        steps: Sequence[Step],
        points: float,
        token: str,
        call_seconds: float,
        seconds: float,
    ) -> Verdict:
        """Runs a test cell; arguments as of `grading.judge.trusted_client.TrustedClient.test`."""
        trial = Trial(name, points, need)
        seeds = Seeds(self.namespace)
        student = None
        try:
            if self.listener is None:
                raise RuntimeError("`listen` comes before `test`")
            line = self.listener.wait(token, min(CONNECT_SECONDS, call_seconds))
            asked = set(need.asked)
            student = RemoteStudent(
                line,
                interrupt=self._interrupt,
                setup_objects={k: v for k, v in self.setup_objects.items() if k not in asked},
                call_seconds=call_seconds,
                seconds=seconds,
                seeds=seeds,
                in_place=_called_alone(need.source),
            )
            with line, trial.watched():
                self._run_steps(steps, student)
                student.fetch(asked, self.namespace)
                student.fetch(self._lost - asked, self.namespace, kept=True)
                trial.doubtful = (self._lost | self._failed) - self.namespace.keys()
                streams.refresh()
                student.watch()
                sets = set(need.shared), set(need.live), set(need.hidden)
                mirror = Mirror(self.namespace, student, *sets)
                with seeds.watched():
                    verdict = trial.passed(_run_test(name, need, self.namespace, mirror))
        except BaseException as error:
            verdict = trial.ended(error)
        if student and student.stopped:  # even where the test cell took no notice
            verdict = trial.stopped(student.stopped)
        if student and student.limit and verdict.status is Status.FAILED:
            verdict = trial.at_limit(verdict, student.limit)
        if student and student.changed_arguments and verdict.status is Status.PASSED:
            verdict = trial.failed(CHANGED, manual=CHANGED)
        return verdict

    def close(self) -> None:
        """Ends the listening."""
        if self.listener:
            self.listener.close()

    # ---- the instructor's cells -----------------------------------------------------------------

    def _run_steps(self, steps: Sequence[Step], student: RemoteStudent | None) -> str | None:
        """Runs steps in their order; the error of the first locked cell that has one."""
        if not steps:
            return None
        streams.restore(self._streams)
        try:
            with _quiet():
                for step in steps:
                    error = self._run_step(step, student)
                    names = set(step.names)
                    self._lost -= names
                    self._failed -= names
                    if error is None:
                        self._keep({EVERYTHING} if step.cell else names)
                    elif step.cell:
                        more = ALLOW_MORE if is_out_of_memory(error) else ""
                        return f"{step.cell}: {type(error).__name__}: {told(error)}{more}"
                    elif isinstance(error, NameError | FileNotFoundError):
                        self._lost |= names
                    else:
                        self._failed |= names
        finally:
            self._streams = streams.states()
        return None

    def _keep(self, names: set[str]) -> None:
        """Keeps what a step has defined, so that it can be passed by its name."""
        found = self.namespace if EVERYTHING in names else names & self.namespace.keys()
        self.setup_objects |= {k: self.namespace[k] for k in found if k[0] not in "_@"}

    def _run_step(self, step: Step, student: RemoteStudent | None) -> Exception | None:
        """Runs a step; the error that ended it. A missing import of the student's is none."""
        if step.theirs and student:
            here = [student.request("known", name=name) is True for name in step.names]
            if not all(here):
                return None
        try:
            exec(compile(step.source, f"<{step.cell or 'step'}>", "exec"), self.namespace)
        except Exception as error:
            return error
        return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What is printed in here is heard by nobody."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def _show_nothing(*_: Any, **__: Any) -> None:
    """Takes the place of a notebook's `display`."""


def _called_alone(source: str) -> set[str]:
    """The names of functions that a test calls without using what they return."""
    with contextlib.suppress(SyntaxError, ValueError):
        calls = [n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Expr)]
        functions = [call.func for call in calls if isinstance(call, ast.Call)]
        return {function.id for function in functions if isinstance(function, ast.Name)}
    return set()


def _run_test(name: str, need: Need, namespace: dict[str, Any], mirror: Mirror) -> Any:
    """Executes a test cell; the value of its last expression, as in a notebook."""
    tree = asserting.explained(ast.parse(need.source, f"<{name}>"), need)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"<{name}>", "exec"), namespace, mirror)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), f"<{name}>", "eval"), namespace, mirror)
