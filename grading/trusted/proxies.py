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
import time
from collections.abc import Callable, Iterator, Sequence, Set
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from grading import wire
from grading.names import free_names
from grading.wire import Array

SHOWN = 600  # characters of an error message


class StudentStopped(BaseException):  # noqa: N818  (an end, told to the judge, of the test cell)
    """The student's process gives no valid answers any more.

    Not an `Exception`: no `except` of a test cell shall take it for a wrong answer and go on.
    """


class RemoteStudent:
    """The student's process, seen from a test cell.

    Args:
        connection: to `grading.student.serve.serve`.
        interrupt: called with no argument; asks for SIGINT to be sent to the student's process.
        call_seconds: how long a call may take; then it is interrupted and is a `TimeoutError`.
        seconds: how long all calls together may take; after that `StudentStopped` is raised.
        grace_seconds: how long an interrupted call may take to end.
        setup_objects: what the set-up cells define on both sides, by name: an argument that is one
            of them goes by its name.
        limit: bytes of an answer.
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
        limit: int = wire.MESSAGE_LIMIT,
    ) -> None:
        self.connection, self._interrupt, self._limit = connection, interrupt, limit
        self.call_seconds, self.grace_seconds = call_seconds, grace_seconds
        self._end = time.monotonic() + seconds
        self._over = f"took more than {seconds:g} seconds in this test"
        self.stopped: str | None = None  # why no more answers come
        self.limit = ""  # of the grader's, that an answer has met
        self.changed_arguments = 0  # calls that changed an argument in place
        self._setup_objects = setup_objects or {}  # keeps the ids below alive
        self._names = {id(value): name for name, value in self._setup_objects.items()}

    def fetch_names(self, source: str, allowed: Set[str], namespace: dict[str, Any]) -> None:
        """Puts what the student calls by the `allowed` names into `namespace`, those that the test
        cell `source` reads and doesn't bind itself: plain data and tensors as they are, functions,
        classes and objects as proxies.

        A name that the student has not defined is left undefined.

        Raises:
            SyntaxError: `source` isn't Python.
        """
        for name in sorted(free_names(source) & allowed - self._setup_objects.keys()):
            namespace.pop(name, None)
            try:
                namespace[name] = self.request("name", name=name)
            except KeyError:
                continue

    def request(self, op: str, **parts: Any) -> Any:
        """One operation in the student's process, and its result.

        Raises what the student's code raised, or `StudentStopped`.
        """
        arrays: list[Array] = []
        packed = ("args", "kwargs", "key", "value")
        question = {
            key: wire.pack(part, arrays, self._reference) if key in packed else part
            for key, part in parts.items()
        }
        answer, received = self._exchange({"op": op, **question}, arrays)
        try:
            received = self._join(answer, arrays, received)
            value = wire.unpack(answer["value"], received, self._proxy)
            self._copy_back(answer.get("changed", []), arrays, received)
            return value
        except Exception as error:  # whatever a forged answer sets off
            raise self._stop(f"gave no valid answer ({_text(str(error))})") from None

    def backward(
        self,
        call: int,
        outputs: list[int],
        gradients: Sequence[torch.Tensor],
        inputs: Sequence[torch.Tensor],
    ) -> list[torch.Tensor | None]:
        """The gradients of a call's tensor arguments; the student's parameters get theirs."""
        question = {"op": "backward", "call": call, "outputs": outputs}
        answer, received = self._exchange(question, gradients)
        try:
            values = zip(wire.unpack(answer["value"], received, self._proxy), inputs, strict=True)
            return [None if value is None else _like(value, tensor) for value, tensor in values]
        except Exception as error:
            raise self._stop(f"gave no valid gradient ({_text(str(error))})") from None

    def _exchange(
        self, question: dict[str, Any], arrays: Sequence[Array]
    ) -> tuple[dict[str, Any], list[Array]]:
        if self.stopped:
            raise StudentStopped(self.stopped)
        wait = min(self.call_seconds, self._end - time.monotonic())
        if wait <= 0:
            raise self._stop(self._over)
        # Calls alone draw from the stream here: to look a method up must not change what it draws.
        seed = int(torch.randint(1 << 62, ())) if question["op"] == "call" else 0
        head = {**question, "seed": seed, "grad": torch.is_grad_enabled()}
        message = wire.encode(head, arrays, self._limit)
        late = False
        try:
            self.connection.send_bytes(message)
            if not self.connection.poll(wait):
                late = True
                self._interrupt()
                if not self.connection.poll(self.grace_seconds):
                    raise self._stop(f"did not end within {wait:.0f} seconds")
            raw = self.connection.recv_bytes(self._limit)
            answer, received, _ = wire.decode(raw)
        except (EOFError, OSError) as error:
            gone = isinstance(error, EOFError) or error.errno
            large = f"gave an answer of more than {self._limit >> 20} MiB"
            raise self._stop("ended before it answered" if gone else large) from None
        except Exception as error:  # a message that breaks the rules
            raise self._stop(f"gave no valid answer ({_text(str(error))})") from None
        if late and wait < self.call_seconds:
            raise self._stop(self._over)
        if "error" in answer:
            raise self._error(answer["error"], late)
        return answer, received

    def _stop(self, why: str) -> StudentStopped:
        self.stopped = f"the student's code {why}"
        self.connection.close()
        return StudentStopped(self.stopped)

    def _error(self, told: object, late: bool) -> BaseException:
        """The student's error as an exception of the same built-in type.

        Its `student_error` tells the student's own type and line.
        """
        if not isinstance(told, dict):
            return self._stop("gave no valid answer (no error)")
        if late:
            timeout = TimeoutError(f"no answer within {self.call_seconds:g} seconds")
            return _with_origin(timeout, f"TimeoutError: {timeout}", told)
        message, name = _text(told.get("message")), _text(told.get("type"))
        if told.get("limit") is True:
            self.limit, name = message, ValueError.__name__
        kind = getattr(builtins, _text(told.get("kind")), None)
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            kind = RuntimeError
        try:
            error: Exception = kind(message)
        except Exception:  # a type that wants more than a message
            error = RuntimeError(message)
        return _with_origin(error, f"{name}: {message}".rstrip(": "), told)

    def _join(
        self, answer: dict[str, Any], arguments: Sequence[Array], received: list[Array]
    ) -> list[Array]:
        """`received`, its tensors joined to the history that they have in the student's process."""
        if "joined" not in answer or not torch.is_grad_enabled():
            return received
        joined = [wire.index(i, len(received)) for i in answer["joined"]]
        tensors = [a for a in arguments if isinstance(a, torch.Tensor)]
        anchor = torch.zeros((), requires_grad=True)  # the student's parameters want gradients, too
        plain = [a.detach() for i in joined if isinstance(a := received[i], torch.Tensor)]
        if len(plain) < len(joined):
            raise wire.MalformedError("an array among the tensors")
        out = _Joined.apply(self, wire.index(answer["call"], 1 << 40), plain, anchor, *tensors)
        merged = dict(zip(joined, out, strict=True))
        return [merged.get(i, tensor) for i, tensor in enumerate(received)]

    def _copy_back(
        self, changed: Any, arguments: Sequence[Array], received: Sequence[Array]
    ) -> None:
        """Gives arguments the values that the student's function left them with.

        changed: pairs (position of an argument, position of its new value), as received.
        """
        for pair in changed:
            position, new = pair
            old = arguments[wire.index(position, len(arguments))]
            value = received[wire.index(new, len(received))]
            self.changed_arguments += 1
            if isinstance(old, torch.Tensor):
                _overwrite(old, value)
            elif value.shape == old.shape and value.dtype == old.dtype and old.flags.writeable:
                np.copyto(old, value)
            else:
                raise wire.MalformedError("an argument of another shape or type")

    def _reference(self, value: object) -> dict[str, Any]:
        if isinstance(value, Proxy):
            return object.__getattribute__(value, "_reference")
        if id(value) in self._names:
            return {"name": self._names[id(value)]}
        raise TypeError(
            f"a {type(value).__name__} cannot be sent to the student's process; send tensors, "
            "arrays, plain values, or what a set-up cell defined under a name"
        )

    def _proxy(self, told: Any) -> "Proxy":
        number, name = told["id"], told["type"]
        if type(number) is not int or not isinstance(name, str):
            raise wire.MalformedError("no object")
        name = name[:60] if name.isidentifier() else "object"
        # a class of its own, so that type(value).__name__ tells what the student has
        return type(name, (Proxy,), {})(self, {"id": number})


def _like(value: object, tensor: torch.Tensor) -> torch.Tensor:
    """`value`, made sure to fit `tensor`."""
    if not isinstance(value, torch.Tensor) or value.shape != tensor.shape:
        raise wire.MalformedError("a tensor of another shape")
    return value.detach().to(tensor.device, tensor.dtype)


def _overwrite(old: torch.Tensor, value: object) -> None:
    if not isinstance(value, torch.Tensor) or value.dtype != old.dtype:
        raise wire.MalformedError("an argument of another type")
    with torch.no_grad():
        if value.shape == old.shape:
            old.copy_(value)
        else:
            old.data = value.to(old.device)


def _text(told: object) -> str:
    """Text of the student's process, safe to store and to show."""
    text = told if isinstance(told, str) else ""
    text = text.encode("utf-8", "replace").decode()[:SHOWN]
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def _with_origin(error: Exception, description: str, told: dict[str, Any]) -> Exception:
    """`error`, its `student_error` the description and the student's own line."""
    setattr(error, "student_error", description + _where(told))  # noqa: B010 (no field of its type)
    return error


def _where(told: dict[str, Any]) -> str:
    number, name, text = told.get("line"), _text(told.get("name")), _text(told.get("text"))
    if type(number) is not int or not name:
        return ""
    place = f"line {number}" if name == "<module>" else f"line {number} of `{name}`"
    return f" ({place}: `{text}`)" if text else f" ({place})"


class _Joined(torch.autograd.Function):
    """Joins the graph of a call in the student's process to the one here."""

    @staticmethod
    def forward(
        ctx: Any,
        student: RemoteStudent,
        call: int,
        outputs: Sequence[torch.Tensor],
        anchor: torch.Tensor,
        *inputs: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        ctx.set_materialize_grads(False)
        ctx.student, ctx.call, ctx.inputs = student, call, [t.detach() for t in inputs]
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        given = {i: gradient for i, gradient in enumerate(gradients) if gradient is not None}
        sent = list(given.values())
        answer = ctx.student.backward(ctx.call, list(given), sent, ctx.inputs)
        return None, None, None, None, *answer


class Proxy:
    """Stands for an object of the student's process: its calls, attributes and items are there."""

    def __init__(self, student: RemoteStudent, reference: dict[str, Any]) -> None:
        object.__setattr__(self, "_student", student)
        object.__setattr__(self, "_reference", reference)

    def _request(self, op: str, **parts: Any) -> Any:
        return self._student.request(op, **self._reference, **parts)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._request("call", args=args, kwargs=kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._request("get", name=name)

    def __setattr__(self, name: str, value: object) -> None:
        self._request("set", name=name, value=value)

    def __getitem__(self, key: object) -> Any:
        return self._request("item", key=key)

    def __setitem__(self, key: object, value: object) -> None:
        self._request("put", key=key, value=value)

    def __contains__(self, key: object) -> bool:
        return self._request("has", key=key) is True

    def __len__(self) -> int:
        return self._request("length")

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter(self._request("all"))

    def __next__(self) -> Any:
        items = self._request("next")
        if not isinstance(items, list) or not items:
            raise StopIteration
        return items[0]

    def __repr__(self) -> str:
        return f"<the student's {type(self).__name__}>"
