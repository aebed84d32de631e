"""A proxy: stands for an object of the student's process in a test cell."""

import types
from collections.abc import Iterator
from typing import Any, Protocol

from grading.trusted.errors import loaded_class

# Types whose values come as data: a student's object that claims to be of one is none.
DATA = {"builtins", "numpy", "torch", "pandas", "datetime", "decimal", "fractions", "collections"}
NO_DATA = {"generator": types.GeneratorType, "function": types.FunctionType}
# Of names with two underscores these are asked for; others mean to Python what the proxy can do.
ASKED = {"__name__", "__qualname__", "__bases__", "__code__", "__defaults__", "__annotations__"}
LONGEST_NAME = 60
ITEMS = 10_000  # of an iterator, which may have no end


class Asks(Protocol):
    """Whoever asks the student's process."""

    def request(self, op: str, **parts: Any) -> Any:
        """One operation in the student's process, and its result."""


class Proxy:
    """Stands for an object of the student's process: its calls, attributes and items are there.

    It compares with nothing but itself: what a student's object says of its own likeness to a value
    that the test expects isn't asked for.
    """

    __slots__ = ("_reference", "_student")

    def __init__(self, student: Asks, reference: dict[str, Any]) -> None:
        object.__setattr__(self, "_student", student)
        object.__setattr__(self, "_reference", reference)

    def _request(self, op: str, **parts: Any) -> Any:
        return self._student.request(op, **self._reference, **parts)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._request("call", args=args, kwargs=kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in ASKED:
            raise AttributeError(name)
        return self._request("get", name=name)

    def __setattr__(self, name: str, value: object) -> None:
        self._request("set", name=name, value=value)

    def __getitem__(self, key: object) -> Any:
        return self._request("item", key=key)

    def __setitem__(self, key: object, value: object) -> None:
        self._request("put", key=key, value=value)

    def __delitem__(self, key: object) -> None:
        self._request("drop", key=key)

    def __contains__(self, key: object) -> bool:
        return self._request("has", key=key) is True

    def __len__(self) -> int:
        return self._request("length")

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proxy) and reference(self)["id"] == reference(other)["id"]

    def __hash__(self) -> int:
        return hash(reference(self)["id"])

    def __iter__(self) -> Iterator[Any]:
        if self._request("iterator") is True:
            return self._one_by_one()
        return iter(self._request("all"))

    def _one_by_one(self) -> Iterator[Any]:
        for _ in range(ITEMS):
            items = self._next()
            if not items:
                return
            yield items[0]
        yield from self._request("all")  # an error, where there are as many again

    def _next(self) -> list[Any]:
        items = self._request("next")
        return items if isinstance(items, list) else []

    def __next__(self) -> Any:
        if items := self._next():
            return items[0]
        raise StopIteration

    def __dir__(self) -> list[str]:
        names = self._request("names")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Proxy) and self._request("instance", value=value) is True

    def __subclasscheck__(self, cls: object) -> bool:
        return isinstance(cls, Proxy) and self._request("subclass", value=cls) is True

    def __str__(self) -> str:
        return self._text("str")

    def __repr__(self) -> str:
        return self._text("repr")

    def _text(self, how: str) -> str:
        text = self._request("text", how=how)
        return text if isinstance(text, str) else ""


def reference(proxy: Proxy) -> dict[str, Any]:
    """How the student's process knows the object."""
    return object.__getattribute__(proxy, "_reference")


def proxy_of(student: Asks, number: int, name: str, of: Any) -> Proxy:
    """A proxy of a class of its own, so that `type(value).__name__` tells what the student has.

    Args:
        number: of the object in the student's process; name: of its class; of: where that class is
            said to be from, as [module, path].
    """
    name = name[:LONGEST_NAME] if name.isidentifier() else "object"
    own: dict[str, Any] = {
        "__slots__": (),
        "__doc__": property(lambda self: self._request("get", name="__doc__")),
        "__dict__": property(lambda self: self._request("get", name="__dict__")),
    }
    if known := _claimed(of):
        own["__class__"] = property(lambda self: known)
    return type(name, (Proxy,), own)(student, {"id": number})


def _claimed(of: Any) -> type | None:
    """The class that `isinstance` sees: one of a library's whose values are no data."""
    if isinstance(of, list) and of[:1] == ["builtins"]:
        return NO_DATA.get(of[-1])
    known = loaded_class(of)
    return None if known and known.__module__.split(".")[0] in DATA else known
