"""The seeds that a test cell sets itself: they hold for the student's code, too."""

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from grading import streams
from grading.arrays import torch_in_use

Setters = list[tuple[Any, str, str]]  # (module, name of the function, stream)


class Seeds:
    """Watches a test cell: once it seeds a stream itself, calls go on with that very stream.

    Where it has not, the student's code can't know what the test draws: states of the streams here
    never leave this process. Seeds that a function of a module sets are that function's business.

    Args:
        namespace: of the test cell.
    """

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace
        self._set: set[str] = set()
        self._sent: dict[str, bytes] = {}

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """The test cell runs in here."""
        found = [(module, name, getattr(module, name), s) for module, name, s in _setters()]
        for module, name, function, stream in found:
            setattr(module, name, self._noting(function, stream))
        try:
            yield
        finally:
            for module, name, function, _ in found:
                setattr(module, name, function)

    def _noting(self, function: Callable[..., Any], stream: str) -> Callable[..., Any]:
        def seed(*args: Any, **kwargs: Any) -> Any:
            if sys._getframe(1).f_globals is self._namespace:
                self._set.add(stream)
                self._sent.pop(stream, None)
            return function(*args, **kwargs)

        return seed

    def is_set(self, stream: str) -> bool:
        """Whether the test cell has seeded a stream."""
        return stream in self._set

    def due(self) -> dict[str, Any]:
        """The streams that a call has to begin with, as the test cell has left them."""
        found: dict[str, Any] = {}
        if not self._set:
            return found
        for name, state in streams.states().items():
            if name in self._set and self._sent.get(name) != (seen := _bytes(state)):
                self._sent[name] = seen
                found[name] = state
        return found


def _setters() -> Setters:
    torch = torch_in_use()
    own: Setters = [(random, "seed", "random"), (np.random, "seed", "numpy")]
    return [*own, *([(torch, "manual_seed", "torch")] if torch else [])]


def _bytes(state: Any) -> bytes:
    if isinstance(state, tuple):
        return b"|".join(map(_bytes, state))
    if hasattr(state, "tolist"):
        return bytes(repr(state.tolist()), "ascii")
    return bytes(repr(state), "ascii")
