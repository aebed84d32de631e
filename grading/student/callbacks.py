"""Functions of a test cell's, called by the student's code that was given them."""

import builtins
import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from grading import wire
from grading.wire import Array


@dataclass(frozen=True)
class _Line:
    """The line to the test cell; `answer` answers what it asks for while it is called back."""

    connection: Connection
    answer: Callable[[bytes], None]
    reference: Callable[[Any], Any]
    resolve: Callable[[Any], Any]


_lines: list[_Line] = []
_functions: dict[int, Callable[..., Any]] = {}


@contextlib.contextmanager
def over(
    connection: Connection,
    answer: Callable[[bytes], None],
    reference: Callable[[Any], Any],
    resolve: Callable[[Any], Any],
) -> Iterator[None]:
    """Inside, functions of the test cell at the other end of `connection` can be called."""
    _lines.append(_Line(connection, answer, reference, resolve))
    _functions.clear()
    try:
        yield
    finally:
        _lines.pop()


def resolve(told: dict[str, Any]) -> Any:
    """What a message means by the place of an import or the number of a function."""
    if "import" in told:
        module, path = told["import"]
        found = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        return found
    number = told["callback"]
    if number not in _functions:
        _functions[number] = _function(number)
    return _functions[number]


def _function(number: int) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return _call(_lines[-1], number, args, kwargs)

    return function


def _call(line: _Line, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the test's function returns. Raises what that raises, as a built-in error."""
    arrays: list[Array] = []
    head = {
        "callback": number,
        "args": wire.pack(args, arrays, line.reference),
        "kwargs": wire.pack(kwargs, arrays, line.reference),
    }
    line.connection.send_bytes(wire.encode(head, arrays))
    while True:
        raw = line.connection.recv_bytes()
        answer, received, _ = wire.decode(raw)
        if "op" not in answer:
            break
        line.answer(raw)  # the function uses what it was given
    if "error" in answer:
        kind, message = answer["error"]
        kind = getattr(builtins, kind, RuntimeError)
        raise kind(message)
    return wire.unpack(answer["value"], received, line.resolve)


@contextlib.contextmanager
def input_as(function: Callable[..., str] | None) -> Iterator[None]:
    """Inside, `input` is a function of the test's, where it has one in its place."""
    if function is None:
        yield
        return
    own = builtins.input
    setattr(builtins, "input", function)  # noqa: B010 (to a type checker it is a function)
    try:
        yield
    finally:
        setattr(builtins, "input", own)  # noqa: B010
