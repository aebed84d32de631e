"""A test cell's own names: what it sets or deletes, the student's functions see, too."""

import builtins
import contextlib
import sys
from collections.abc import Iterator, MutableMapping, Set
from typing import Any

from grading.trusted.proxies import RemoteStudent


class Mirror(MutableMapping[str, Any]):
    """The names of a test cell at its top level; takes the place of its local names.

    A name that a student's function reads (`shared`) is set and deleted in the student's kernel as
    well, until the test is over. Data goes over only from lines that students see, so that no value
    of a hidden test is ever handed out; functions do from any.

    Args:
        namespace: where the names are.
        student: who sees them; live: names that are asked for each time that they are read.
        hidden: the numbers of the test cell's lines that students don't see.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        student: RemoteStudent,
        shared: Set[str] = frozenset(),
        live: Set[str] = frozenset(),
        hidden: Set[int] = frozenset(),
    ):
        self._namespace, self._student = namespace, student
        self._shared, self._live, self._hidden = shared, set(live), hidden

    def __getitem__(self, name: str) -> Any:
        if name in self._live:
            self._namespace[name] = self._student.request("name", name=name)
        return self._namespace[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._live.discard(name)
        self._namespace[name] = value
        line = sys._getframe(1).f_lineno
        if self._is_shared(name) and (callable(value) or line not in self._hidden):
            with contextlib.suppress(TypeError, ValueError):  # what can't be sent
                self._student.request("define", name=name, value=value)

    def __delitem__(self, name: str) -> None:
        del self._namespace[name]
        self._live.discard(name)
        if self._is_shared(name):
            self._student.request("forget", name=name)

    def _is_shared(self, name: str) -> bool:
        return name in self._shared or hasattr(builtins, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._namespace)

    def __len__(self) -> int:
        return len(self._namespace)
