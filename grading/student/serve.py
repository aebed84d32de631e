"""The student's side of the border: does what a test cell asks for, with the student's objects.

Nothing that it answers is believed: a student who changes it changes their own answers and nothing
else.
"""

import builtins
import contextlib
import copy
import io
import itertools
import linecache
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from typing import Any

import numpy as np
import torch

from grading import wire
from grading.student.absent import Absent, missing
from grading.wire import Array

ITEMS = 10_000  # of an iterator, sent at once
TEXT = 2_000  # characters of an error message

_objects: dict[int, object] = {}
_setup_objects: dict[str, object] = {}
_calls: dict[int, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}  # (outputs, arguments)


class _Discarded(io.TextIOBase):
    """Takes what a function prints while it is tested, which is of no use to anyone."""

    def write(self, text: str) -> int:
        return len(text)


def snapshot_setup() -> None:
    """Keeps what the instructor's first cells have made: what is passed by name is that, whatever
    the student's cells make of the name, or of a model that they train."""
    for name, value in sys.modules["__main__"].__dict__.items():
        _setup_objects[name] = copy.deepcopy(value) if isinstance(value, torch.nn.Module) else value


def serve(address: str, token: str) -> None:
    """Answers the test cell that listens at `address`, until it hangs up.

    The test cell's process knows whom it waits for by the `token`.

    The random stream of the student's notebook is afterwards where it was.
    """
    _calls.clear()
    state = torch.get_rng_state()
    nowhere = _Discarded()
    try:
        with Client(address) as connection:
            connection.send_bytes(token.encode())
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                _answer_all(connection)
    finally:
        torch.set_rng_state(state)


def _answer_all(connection: Connection) -> None:
    while True:
        try:
            raw = connection.recv_bytes()
        except KeyboardInterrupt:
            continue  # meant for a call that has ended meanwhile
        except (EOFError, OSError):
            return
        try:
            answer = _answer(raw)
        except BaseException as error:
            answer = wire.encode({"error": _describe(error)}, [])
        connection.send_bytes(answer)


def _answer(raw: bytes) -> bytes:
    """Does what one message asks for; the message that answers it. Raises what that raises."""
    head, arrays, sent = wire.decode(raw)
    tensors = [a for a in arrays if isinstance(a, torch.Tensor)]
    shapes = [tuple(a.shape) for a in arrays]

    def value(key: str) -> Any:
        return wire.unpack(head[key], arrays, _resolve)

    _seed(head["seed"])
    with torch.set_grad_enabled(head["grad"]):
        if head["op"] == "backward":
            return wire.encode(*_packed(_backward(head["call"], head["outputs"], tensors)))
        result = _perform(head["op"], head, value)
    answer, out = _packed(result)
    known = {id(tensor) for tensor in tensors}
    joined = {
        i: a
        for i, a in enumerate(out)
        if isinstance(a, torch.Tensor) and a.requires_grad and (not a.is_leaf or id(a) in known)
    }
    if joined:
        answer["call"], answer["joined"] = len(_calls), list(joined)
        _calls[len(_calls)] = (list(joined.values()), tensors)
    if head["op"] == "call":
        changed = [i for i, a in enumerate(arrays) if _changed(a, shapes[i], sent[i])]
        answer["changed"] = [[i, len(out) + n] for n, i in enumerate(changed)]
        for array in (arrays[i] for i in changed):
            out.append(array.detach() if isinstance(array, torch.Tensor) else array)
    return wire.encode(answer, out)


def _seed(seed: int) -> None:
    """For CPU and CUDA. `torch.manual_seed` keeps a stack trace a call for a GPU not in use."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


def _perform(  # noqa: PLR0911
    op: str, head: dict[str, Any], value: Callable[[str], Any]
) -> object:
    """What comes out of an operation; `value` unpacks a part of the message by its key."""
    if op == "name":
        return _resolve({"name": head["name"]})
    target = _resolve(head)
    match op:
        case "call":
            return target(*value("args"), **value("kwargs"))
        case "get":
            return getattr(target, head["name"])
        case "set":
            setattr(target, head["name"], value("value"))
        case "item":
            return target[value("key")]
        case "put":
            target[value("key")] = value("value")
        case "has":
            return value("key") in target
        case "length":
            return len(target)
        case "next":
            return list(itertools.islice(target, 1))
        case "all":
            items = list(itertools.islice(iter(target), ITEMS + 1))
            if len(items) > ITEMS:
                raise wire.LimitError(f"it has more than {ITEMS:,} items")
            return items
    return None


def _backward(
    call: int, outputs: list[int], gradients: list[torch.Tensor]
) -> list[torch.Tensor | None]:
    """Sends gradients back through a call of before; the gradients of its arguments."""
    out, arguments = _calls[call]
    for tensor in arguments:
        tensor.grad = None
    torch.autograd.backward([out[i] for i in outputs], gradients, retain_graph=True)
    return [tensor.grad for tensor in arguments]


def _packed(value: object) -> tuple[dict[str, Any], list[Array]]:
    """(head, arrays) of the message that answers with a value."""
    arrays: list[Array] = []
    return {"value": wire.pack(value, arrays, _reference)}, arrays


def _reference(value: object) -> dict[str, Any]:
    if isinstance(value, Absent):
        raise ModuleNotFoundError(missing(value))
    _objects[id(value)] = value  # kept alive, so that the number stays its own
    return {"id": id(value), "type": type(value).__name__}


def _resolve(told: dict[str, Any]) -> Any:
    """The object that a test cell means: one that it was shown before, or one with a name."""
    if "id" in told:
        return _objects[told["id"]]
    name = told["name"]
    return (
        _setup_objects[name] if name in _setup_objects else sys.modules["__main__"].__dict__[name]
    )


def _changed(array: Array, shape: tuple[int, ...], before: memoryview) -> bool:
    """Whether the student's function changed an argument in place."""
    after = np.frombuffer(wire.array_bytes(array), np.uint8)
    same = np.array_equal(after, np.frombuffer(before, np.uint8))
    return not same or tuple(array.shape) != shape


def _describe(error: BaseException) -> dict[str, Any]:
    """What a student wants to know of an error: its type, its message, the line of their code."""
    kind = next(base for base in type(error).__mro__ if base.__module__ == builtins.__name__)
    try:
        message = str(error)
    except Exception:
        message = "(the error's own message cannot be shown)"
    told: dict[str, Any] = {
        "kind": kind.__name__,
        "type": type(error).__name__,
        "message": message[:TEXT],
    }
    if isinstance(error, wire.LimitError):
        return told | {"limit": True}
    main = sys.modules["__main__"].__dict__
    own = [
        (frame.f_code, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is main
    ]
    if own:
        code, number = own[-1]
        text = linecache.getline(code.co_filename, number).strip()
        told |= {"line": number, "name": code.co_qualname[:200], "text": text[:200]}
    return told
