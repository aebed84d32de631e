"""The student's side of the border: does what a test cell asks for, with the student's objects.

Nothing that it answers is believed: a student who changes it changes their own answers and nothing
else.
"""

import builtins
import contextlib
import copy
import itertools
import json
import linecache
import sys
import traceback
from multiprocessing.connection import Client, Connection
from typing import Any

import numpy as np

from grading import streams, wire
from grading.arrays import is_tensor, torch_in_use
from grading.student import callbacks
from grading.student.absent import Absent, missing
from grading.student.traces import Names, Printed
from grading.wire import Array

ITEMS = 10_000  # of a container, sent at once
TEXT = 2_000  # characters of an error message
BASES = 20  # classes of an error that are told

_objects: dict[int, object] = {}
_setup_objects: dict[str, object] = {}
_calls: dict[int, tuple[list[Any], list[Any]]] = {}  # (outputs, arguments)
_names, _out, _err = Names(), Printed(), Printed()
_meant: dict[int, dict[str, Any]] = {}  # how the message being answered tells of objects


def snapshot_setup() -> None:
    """Keeps what the instructor's first cells have made: what is passed by name is that, whatever
    the student's cells make of the name, or of a model that they train."""
    torch = torch_in_use()
    for name, value in sys.modules["__main__"].__dict__.items():
        is_model = torch and isinstance(value, torch.nn.Module)
        _setup_objects[name] = copy.deepcopy(value) if is_model else value


def serve(address: str, token: str) -> None:
    """Answers the test cell that listens at `address`, until it hangs up.

    The test cell's process knows whom it waits for by the `token`.

    The random streams of the student's notebook are afterwards where they were, and names that the
    test has set are what they were.
    """
    _calls.clear()
    state = streams.states()
    try:
        with Client(address) as connection:
            connection.send_bytes(token.encode())
            with contextlib.redirect_stdout(_out), contextlib.redirect_stderr(_err):
                _answer_all(connection)
    finally:
        _names.undo()
        streams.restore(state)


def _answer_all(connection: Connection) -> None:
    def answer(raw: bytes) -> None:
        connection.send_bytes(_answer(raw))

    with callbacks.over(connection, answer, _reference, _resolve):
        while True:
            try:
                raw = connection.recv_bytes()
            except KeyboardInterrupt:
                continue  # meant for a call that has ended meanwhile
            except (EOFError, OSError):
                return
            answer(raw)


def _answer(raw: bytes) -> bytes:
    """The message that answers one, maybe while an earlier one waits for a function of the test."""
    outer = dict(_meant)
    _meant.clear()
    try:
        told, arrays = _do(raw)
    except BaseException as error:
        told, arrays = {"error": _describe(error)}, []
    _meant.clear()
    _meant.update(outer)
    if any(printed := [_out.take(), _err.take()]):
        told["printed"] = printed
    try:
        return wire.encode(told, arrays)
    except Exception as error:
        return wire.encode({"error": _describe(error)}, [])


def _do(raw: bytes) -> tuple[dict[str, Any], list[Array]]:
    """Does what one message asks for; the message that answers it. Raises what that raises."""
    head, arrays, sent = wire.decode(raw)
    tensors = [array for array in arrays if is_tensor(array)]
    shapes = [tuple(a.shape) for a in arrays]
    parts: dict[str, Any] = {
        key: wire.unpack(head[key], arrays, _resolve)
        for key in ("args", "kwargs", "key", "value", "streams", "input")
        if key in head
    }
    streams.restore(parts.get("streams", {}))
    torch = torch_in_use()
    if torch and head["seed"] is not None:
        _seed(torch, head["seed"])
    with torch.set_grad_enabled(head["grad"]) if torch else contextlib.nullcontext():
        if head["op"] == "backward":
            return _packed(_backward(torch, head["call"], head["outputs"], tensors))
        with callbacks.input_as(parts.get("input")):
            result = _perform(head["op"], head, parts)
    answer, out = _packed(result)
    known = {id(tensor) for tensor in tensors}
    results: list[Any] = out
    joined = {
        i: a
        for i, a in enumerate(results)
        if is_tensor(a) and a.requires_grad and (not a.is_leaf or id(a) in known)
    }
    if joined:
        answer["call"], answer["joined"] = len(_calls), list(joined)
        _calls[len(_calls)] = (list(joined.values()), tensors)
    if head["op"] == "call":
        _tell_changes(answer, out, head, parts, (arrays, shapes, sent))
    return answer, out


def _tell_changes(
    answer: dict[str, Any],
    out: list[Any],
    head: dict[str, Any],
    parts: dict[str, Any],
    before: tuple[list[Any], list[tuple[int, ...]], list[memoryview]],
) -> None:
    """Puts into an answer what the function changed in place: arrays, and what holds values."""
    arrays, shapes, sent = before
    changed = [i for i, a in enumerate(arrays) if _changed(a, shapes[i], sent[i])]
    answer["changed"] = [[i, len(out) + n] for n, i in enumerate(changed)]
    out += [a.detach() if is_tensor(a) else a for a in (arrays[i] for i in changed)]
    again: list[Array] = []
    forms = [wire.pack(parts[key], again, _as_meant) for key in ("args", "kwargs")]
    if json.dumps(forms) == json.dumps([head["args"], head["kwargs"]]) and all(
        one is other or not _changed(one, shape, raw)
        for one, other, shape, raw in zip(again, arrays, shapes, sent, strict=False)
    ):
        return
    answer["contents"] = [wire.pack(parts[key], out, _as_meant) for key in ("args", "kwargs")]


def _seed(torch: Any, seed: int) -> None:
    """For CPU and CUDA. `torch.manual_seed` keeps a stack trace a call for a GPU not in use."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


def _perform(  # noqa: PLR0911, PLR0912  (one line an operation)
    op: str, head: dict[str, Any], parts: dict[str, Any]
) -> object:
    """What comes out of an operation; `parts` are those of the message that hold values."""
    match op:
        case "name":
            return sys.modules["__main__"].__dict__[head["name"]]
        case "known":
            return head["name"] in sys.modules["__main__"].__dict__
        case "define":
            _names.define(head["name"], parts["value"])
            return None
        case "forget":
            _names.forget(head["name"])
            return None
    target = _resolve(head)
    match op:
        case "call":
            return target(*parts["args"], **parts["kwargs"])
        case "get":
            return getattr(target, head["name"])
        case "set":
            setattr(target, head["name"], parts["value"])
        case "item":
            return target[parts["key"]]
        case "put":
            target[parts["key"]] = parts["value"]
        case "drop":
            del target[parts["key"]]
        case "has":
            return parts["key"] in target
        case "length":
            return len(target)
        case "next":
            return list(itertools.islice(target, 1))
        case "iterator":
            return iter(target) is target
        case "all":
            items = list(itertools.islice(iter(target), ITEMS + 1))
            if len(items) > ITEMS:
                raise wire.LimitError(f"it has more than {ITEMS:,} items")
            return items
        case "names":
            return dir(target)
        case "text":
            return str(target) if head["how"] == "str" else repr(target)
        case "instance":
            return isinstance(parts["value"], target)
        case "subclass":
            return issubclass(parts["value"], target)
    return None


def _backward(torch: Any, call: int, outputs: list[int], gradients: list[Any]) -> list[Any]:
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
    kind = type(value)
    told = {"id": id(value), "type": kind.__name__, "class": [kind.__module__, kind.__qualname__]}
    if isinstance(value, type) and issubclass(value, Exception):
        return told | {"error": value.__name__, "kind": _kind(value).__name__, "bases": _ids(value)}
    return told


def _kind(error: type[BaseException]) -> type:
    """The nearest of Python's own errors that an error is one of."""
    return next(base for base in error.__mro__ if base.__module__ == builtins.__name__)


def _ids(error: type[BaseException]) -> list[int]:
    return [id(base) for base in error.__mro__[:BASES]]


def _as_meant(value: object) -> dict[str, Any]:
    """An argument that is no data, told as the message told it."""
    return _meant.get(id(value)) or _reference(value)


def _resolve(told: dict[str, Any]) -> Any:
    """The object that a test cell means: one that it was shown before, one with a name, one that
    can be imported, or a function of its own."""
    if "id" in told:
        found = _objects[told["id"]]
    elif "import" in told or "callback" in told:
        found = callbacks.resolve(told)
    else:
        name = told["name"]
        main = sys.modules["__main__"].__dict__
        found = _setup_objects[name] if name in _setup_objects else main[name]
    _meant[id(found)] = told
    return found


def _changed(array: Array, shape: tuple[int, ...], before: memoryview) -> bool:
    """Whether the student's function changed an argument in place."""
    after = np.frombuffer(wire.array_bytes(array), np.uint8)
    same = np.array_equal(after, np.frombuffer(before, np.uint8))
    return not same or tuple(array.shape) != shape


def _describe(error: BaseException) -> dict[str, Any]:
    """What a student wants to know of an error: its type, its message, the line of their code."""
    bases = type(error).__mro__[:BASES]
    kind = _kind(type(error))
    try:
        message = str(error)
    except Exception:
        message = "(the error's own message cannot be shown)"
    told: dict[str, Any] = {
        "kind": kind.__name__,
        "ids": _ids(type(error)),
        "classes": [[base.__module__, base.__qualname__] for base in bases],
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
