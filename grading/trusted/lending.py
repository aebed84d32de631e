"""What is no data and goes to the student's process all the same, and what comes back in place."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grading import wire
from grading.arrays import is_tensor
from grading.trusted.proxy import Proxy, reference
from grading.wire import Array


class Lent:
    """Objects that go over by a name, by the place they are imported from, or to be called back.

    Args:
        by_name: what cells of the instructor's define on both sides.
    """

    def __init__(self, by_name: dict[str, Any]):
        self._by_name = by_name  # keeps the ids below alive
        self._names = {id(value): name for name, value in by_name.items()}
        self._functions: list[Callable[..., Any]] = []
        self.errors: dict[int, type[Exception]] = {}  # of the student's, by their numbers there

    def reference(self, value: object) -> dict[str, Any]:
        """What stands for an object in a message to the student's process.

        Raises:
            TypeError: nothing does.
        """
        if isinstance(value, Proxy):
            return reference(value)
        if id(value) in self._names:
            return {"name": self._names[id(value)]}
        if number := next((n for n, cls in self.errors.items() if cls is value), None):
            return {"id": number}
        if place := _import_of(value):
            return {"import": place}
        if callable(value):
            self._functions.append(value)
            return {"callback": len(self._functions) - 1}
        raise TypeError(
            f"a {type(value).__name__} cannot be sent to the student's process; send tensors, "
            "arrays, plain values, functions, or what a set-up cell defined under a name"
        )

    def call_back(
        self, asked: dict[str, Any], received: Sequence[Array], proxy: Callable[[Any], Any]
    ) -> tuple[dict[str, Any], list[Array]]:
        """Calls a function of the test's for the student's code: the message that answers it.

        Raises:
            MalformedError: it was given no such function.
        """
        function = self._functions[wire.index(asked["callback"], len(self._functions))]
        args = wire.unpack(asked["args"], received, proxy)
        kwargs = wire.unpack(asked["kwargs"], received, proxy)
        if not isinstance(args, tuple) or not isinstance(kwargs, dict):
            raise wire.MalformedError("no arguments")
        arrays: list[Array] = []
        try:
            return {"value": wire.pack(function(*args, **kwargs), arrays, self.reference)}, arrays
        except Exception as error:
            return {"error": [type(error).__name__, str(error)]}, []


def _import_of(value: Any) -> list[str] | None:
    """Module and path of a class or function of a library's, for the student to import."""
    module = getattr(value, "__module__", None) or ("numpy" if isinstance(value, np.ufunc) else "")
    path = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(path, str) or not callable(value):
        return None
    if module.split(".")[0] in ("__main__", "grading") or module not in sys.modules:
        return None
    found: Any = sys.modules[module]
    for name in path.split("."):
        found = getattr(found, name, None)
    return [module, path] if found is value else None


def update(old: Any, new: Any) -> bool:
    """Gives what holds values the contents that the student's function left it with, in place.

    Arrays and tensors in it that are the same ones already have theirs.

    Returns:
        Whether `old` could be given them; else `new` has to take its place.
    """
    if isinstance(old, np.ndarray) or is_tensor(old):
        return type(old) is type(new) and old.shape == new.shape and old.dtype == new.dtype
    if isinstance(old, list) and isinstance(new, list):
        paired = zip(old, new, strict=False)
        kept = [one if update(one, other) else other for one, other in paired]
        old[:] = kept + new[len(kept) :]
    elif isinstance(old, dict) and isinstance(new, dict):
        kept = [old[key] if key in old and update(old[key], v) else v for key, v in new.items()]
        items = dict(zip(new, kept, strict=True))
        old.clear()
        old.update(items)
    elif isinstance(old, set | bytearray) and type(old) is type(new):
        _refill(old, new)
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        return all([update(one, other) for one, other in zip(old, new, strict=True)])
    elif isinstance(old, np.random.Generator) and isinstance(new, np.random.Generator):
        old.bit_generator.state = new.bit_generator.state
    elif hasattr(old, "_update_inplace") and type(old) is type(new):  # of pandas
        old._update_inplace(new)
    elif hasattr(old, "extend") and hasattr(old, "clear") and type(old) is type(new):  # a deque
        old.clear()
        old.extend(new)
    else:
        return bool(type(old) is type(new) and (old is new or _equal(old, new)))
    return True


def _refill(old: Any, new: Any) -> None:
    if isinstance(old, set):
        old.clear()
        old |= new
    else:
        old[:] = new


def _equal(one: object, other: object) -> bool:
    try:
        return bool(one == other)
    except Exception:  # what has no truth
        return False
