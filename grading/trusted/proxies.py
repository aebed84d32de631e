"""The trusted side of the border: the student's functions, classes and data, reached by proxy.

A test cell calls a student's function as if it were defined here. The arguments go to the student's
process (`grading.student.serve`), the results come back as plain data and tensors, and what is
neither is held by a `Proxy`. Gradients flow through: `backward()` here runs `backward()` there.
Arguments that the function changed in place are changed here, too. Random numbers drawn there are
seeded by the stream here, so that `torch.manual_seed` in a test cell works; nothing that the
student's process says can steer the stream here.

The other side is hostile: what it sends is capped, taken apart by `wire`, and never evaluated.
"""

import builtins
import sys
import time
from collections.abc import Callable, Iterable, Sequence, Set
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from grading import wire
from grading.arrays import is_tensor, torch_in_use
from grading.trusted.errors import (
    TOO_LARGE,
    StudentStopped,
    error_class,
    is_out_of_memory,
    late_error,
    student_error,
    told_text,
)
from grading.trusted.lending import Lent, update
from grading.trusted.proxy import Proxy, proxy_of, reference
from grading.trusted.seeds import Seeds
from grading.wire import Array
from helpers.claims import LENT

PRINTED = 100_000  # characters of what a call prints
ANSWERS_LIMIT = 1 << 30  # bytes of all answers to one test
NO_SEEDS = Seeds({})


class RemoteStudent:
    """The student's process, seen from a test cell.

    Args:
        connection: to `grading.student.serve.serve`.
        interrupt: called with no argument; asks for SIGINT to be sent to the student's process.
        call_seconds: how long a call may take; then it is interrupted and is a `TimeoutError`.
        seconds: how long all calls together may take; after that `StudentStopped` is raised.
        grace_seconds: how long an interrupted call may take to end.
        setup_objects: what the instructor's cells define on both sides, by name: an argument that
            is one of them goes by its name.
        seeds: of the test cell.
        in_place: names of functions that are there to change their arguments.
        limit, answers_limit: bytes of an answer, of all answers.

    Attributes:
        stopped: why no more answers come.
        changed_arguments: calls that changed an argument in place and weren't there for it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        interrupt: Callable[[], None],
        call_seconds: float,
        seconds: float,
        grace_seconds: float = 3.0,
        setup_objects: dict[str, Any] | None = None,
        seeds: Seeds = NO_SEEDS,
        in_place: Set[str] = frozenset(),
        limit: int = wire.MESSAGE_LIMIT,
        answers_limit: int = ANSWERS_LIMIT,
    ) -> None:
        self.connection, self._interrupt, self._limit = connection, interrupt, limit
        self._answers_limit, self._answered = answers_limit, 0
        self.call_seconds, self.grace_seconds = call_seconds, grace_seconds
        self._end = time.monotonic() + seconds
        self._over = f"took more than {seconds:g} seconds in this test"
        self.stopped: str | None = None  # why no more answers come
        self.limit = ""  # of the grader's, that an answer has met
        self.changed_arguments = 0
        self._lent, self._seeds = Lent(setup_objects or {}), seeds
        self._in_place, self._in_place_ids = in_place, set[int]()
        self._usual = sys.stdin, builtins.input, sys.stdout, sys.stderr

    def watch(self) -> None:
        """From now on another standard output or input is the test cell's own: what the student's
        code prints goes there, and `input` asks there."""
        self._usual = sys.stdin, builtins.input, sys.stdout, sys.stderr

    def fetch(self, names: Iterable[str], namespace: dict[str, Any], kept: bool = False) -> None:
        """Puts what the student calls by these names into `namespace`: plain data and tensors as
        they are, functions, classes and objects as proxies.

        Args:
            kept: a name that the student has not defined stays what it is; else it is undefined.
        """
        for name in sorted(names):
            try:
                namespace[name] = found = self.request("name", name=name)
            except KeyError:
                if not kept:
                    namespace.pop(name, None)
                continue
            if name in self._in_place and isinstance(found, Proxy):
                self._in_place_ids.add(reference(found)["id"])

    def request(self, op: str, **parts: Any) -> Any:
        """One operation in the student's process, and its result.

        Raises what the student's code raised, or `StudentStopped`.
        """
        arrays: list[Array] = []
        packed = ("args", "kwargs", "key", "value")
        parts |= self._surroundings()
        question = {
            key: wire.pack(part, arrays, self._lent.reference)
            if key in (*packed, "streams", "input")
            else part
            for key, part in parts.items()
        }
        answer, received = self._exchange({"op": op, **question}, arrays)
        try:
            received = self._join(answer, arrays, received)
            value = wire.unpack(answer["value"], received, self._proxy)
            self._copy_back(answer, arrays, received, parts)
            return value
        except Exception as error:  # whatever a forged answer sets off
            raise self._stop(_invalid(error)) from None

    def _surroundings(self) -> dict[str, Any]:
        """What of the test cell's surroundings holds for the student's code: seeds, and input."""
        stdin, asks, *_ = self._usual
        own = sys.stdin is not stdin or builtins.input is not asks
        found: dict[str, Any] = {"input": _ask} if own else {}
        return found | ({"streams": due} if (due := self._seeds.due()) else {})

    def backward(
        self, call: int, outputs: list[int], gradients: Sequence[Any], inputs: Sequence[Any]
    ) -> list[Any]:
        """The gradients of a call's tensor arguments; the student's parameters get theirs."""
        from grading.trusted.gradients import like  # noqa: PLC0415  (torch is optional)

        question = {"op": "backward", "call": call, "outputs": outputs}
        answer, received = self._exchange(question, gradients)
        try:
            values = zip(wire.unpack(answer["value"], received, self._proxy), inputs, strict=True)
            return [None if value is None else like(value, tensor) for value, tensor in values]
        except Exception as error:
            raise self._stop(f"gave no valid gradient ({told_text(str(error))})") from None

    # ---- messages -------------------------------------------------------------------------------

    def _exchange(
        self, question: dict[str, Any], arrays: Sequence[Array]
    ) -> tuple[dict[str, Any], list[Array]]:
        if self.stopped:
            raise StudentStopped(self.stopped)
        wait = min(self.call_seconds, self._end - time.monotonic())
        if wait <= 0:
            raise self._stop(self._over)
        message = wire.encode({**question, **self._torch_state(question)}, arrays, self._limit)
        end, late = time.monotonic() + wait, False
        while True:
            try:
                self.connection.send_bytes(message)
                if not self.connection.poll(max(0.0, end - time.monotonic())):
                    late = True
                    self._interrupt()
                    if not self.connection.poll(self.grace_seconds):
                        raise self._stop(f"did not end within {wait:.0f} seconds")
                raw = self.connection.recv_bytes(self._limit)
                self._answered += wire.weight(raw)
                if self._answered > self._answers_limit:
                    most = f"{self._answers_limit >> 20:,} MiB"
                    raise self._stop(f"gave answers of more than {most} in this test")
                answer, received, _ = wire.decode(raw)
            except (EOFError, OSError) as error:
                gone = isinstance(error, EOFError) or error.errno
                large = f"gave an answer of more than {self._limit >> 20} MiB"
                raise self._stop("ended before it answered" if gone else large) from None
            except Exception as error:  # a message that breaks the rules
                raise self._stop(_invalid(error)) from None
            if "callback" not in answer or late:
                break
            message = self._called_back(answer, received)
        if late and wait < self.call_seconds:
            raise self._stop(self._over)
        self._pass_on(answer.get("printed"))
        if "error" in answer:
            raise self._error(answer["error"], late)
        return answer, received

    def _error(self, told: object, late: bool) -> BaseException:
        if not isinstance(told, dict):
            return self._stop("gave no valid answer (no error)")
        if late:
            return late_error(self.call_seconds, told)
        if told.get("limit") is True:
            self.limit = told_text(told.get("message"))
        return student_error(told, self._lent.errors)

    def _torch_state(self, question: dict[str, Any]) -> dict[str, Any]:
        """Whether gradients are wanted, and what seeds torch there: a number from the stream here.

        Calls alone draw from it: to look a method up must not change what it draws.
        """
        torch = torch_in_use()
        if torch is None:
            return {"seed": None, "grad": True}
        seed: int | None = None
        if not self._seeds.is_set("torch"):
            seed = int(torch.randint(1 << 62, ())) if question["op"] == "call" else 0
        return {"seed": seed, "grad": torch.is_grad_enabled()}

    def _called_back(self, asked: dict[str, Any], received: Sequence[Array]) -> bytes:
        """The answer to a student's code that calls a function of the test's."""
        try:
            return wire.encode(*self._lent.call_back(asked, received, self._proxy), self._limit)
        except (wire.MalformedError, LookupError, TypeError) as error:
            raise self._stop(_invalid(error)) from None

    def _pass_on(self, printed: object) -> None:
        """Prints what the student's code has printed, where the test cell listens to it."""
        if not isinstance(printed, list):
            return
        *_, out, err = self._usual
        for stream, usual, text in zip((sys.stdout, sys.stderr), (out, err), printed, strict=False):
            if stream is not usual and isinstance(text, str):
                stream.write(text[:PRINTED].encode("utf-8", "replace").decode())

    def _stop(self, why: str) -> StudentStopped:
        self.stopped = f"the student's code {why}"
        self.connection.close()
        return StudentStopped(self.stopped)

    # ---- what comes back ------------------------------------------------------------------------

    def _join(
        self, answer: dict[str, Any], arguments: Sequence[Array], received: list[Array]
    ) -> list[Array]:
        """`received`, its tensors joined to the history that they have in the student's process."""
        torch = torch_in_use()
        if "joined" not in answer or torch is None or not torch.is_grad_enabled():
            return received
        from grading.trusted.gradients import join  # noqa: PLC0415  (torch is optional)

        joined = [wire.index(i, len(received)) for i in answer["joined"]]
        call = wire.index(answer["call"], 1 << 40)
        out = join(
            lambda *given: self.backward(call, *given),
            [received[i] for i in joined],
            [array for array in arguments if is_tensor(array)],
        )
        merged = dict(zip(joined, out, strict=True))
        return [merged.get(i, tensor) for i, tensor in enumerate(received)]

    def _copy_back(
        self,
        answer: dict[str, Any],
        arguments: Sequence[Array],
        received: Sequence[Array],
        parts: dict[str, Any],
    ) -> None:
        """Gives arguments the values that the student's function left them with.

        The answer's "changed" are pairs (position of an array among the arguments, position of its
        new value), its "contents" the arguments anew.
        """
        changed, contents = answer.get("changed", []), answer.get("contents")
        for position, new in changed:
            old = arguments[wire.index(position, len(arguments))]
            value = received[wire.index(new, len(received))]
            if not isinstance(old, np.ndarray):
                from grading.trusted.gradients import overwrite  # noqa: PLC0415

                overwrite(old, value)
            elif value.shape == old.shape and value.dtype == old.dtype and old.flags.writeable:
                np.copyto(old, value)
            else:
                raise wire.MalformedError("an argument of another shape or type")
        if contents is not None:
            args, kwargs = (wire.unpack(form, received, self._proxy) for form in contents)
            update(parts["args"], args)
            update(parts["kwargs"], kwargs)
        wanted = parts.get("id") in self._in_place_ids or (not changed and _has_generator(parts))
        looked_at = not all(hasattr(arguments[position], LENT) for position, _ in changed)
        if (looked_at or contents is not None) and not wanted:
            self.changed_arguments += 1

    def _proxy(self, told: Any) -> Proxy | type[Exception]:
        number, name = told["id"], told["type"]
        if type(number) is not int or not isinstance(name, str):
            raise wire.MalformedError("no object")
        if "error" in told:
            errors = self._lent.errors
            return errors.setdefault(number, error_class(told, errors))
        return proxy_of(self, number, name, told.get("class"))


def _invalid(error: Exception) -> str:
    if is_out_of_memory(error):
        return f"gave an answer that {TOO_LARGE}"
    return f"gave no valid answer ({told_text(str(error))})"


def _has_generator(parts: dict[str, Any]) -> bool:
    """Whether a call was given random numbers to draw, which changes them."""
    given = *parts.get("args", ()), *parts.get("kwargs", {}).values()
    return any(isinstance(value, np.random.Generator) for value in given)


def _ask(*prompt: Any) -> str:
    """What the test cell has put in the place of `input`, or of what that reads."""
    return builtins.input(*prompt)
