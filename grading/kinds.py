"""Plain data beyond JSON's, in simpler parts: dates, texts in arrays, big integers, tables.

`parts(value)` takes a value apart, `made(kind, parts)` puts it together on the other side. The
parts are plain data, arrays, or values of these kinds in turn. `made` believes nothing.
"""

import builtins
import collections
import datetime
import decimal
import fractions
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from grading import tables
from grading.arrays import NUMPY_TYPES, MalformedError, check_shape

LONGEST_RANGE = 10_000_000  # a test may make a list of it
TEXT_BYTES = 256 << 20  # of an array of texts, in which each takes as much room as the longest
SMALL = 1 << 62  # integers beyond it go as hexadecimal digits: JSON's decimals have a limit
LONGEST_DECIMAL = 100_000  # digits, which a test may write out
GENERATORS: dict[str, Any] = {"PCG64": np.random.PCG64, "MT19937": np.random.MT19937}
FIELDS = 1000  # of a named tuple
TIMES = re.compile(r"[<>=]?[mM]8(\[(\d{1,4})?(Y|M|W|D|h|m|s|ms|us|ns)\])?")

# Classes that stand for themselves. All others of the builtins could do more than hold data.
CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        *(bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset),
        *(range, slice, object, type(None)),
        *(e for e in vars(builtins).values() if isinstance(e, type) and issubclass(e, Exception)),
    )
} | {f"numpy.{name}": np.dtype(name).type for name in NUMPY_TYPES}
NAMES = {cls: name for name, cls in CLASSES.items()}


def parts(  # noqa: PLR0911  (one line a kind)
    value: Any,
) -> tuple[str, list[Any]] | None:
    """What a value is made of, as (kind, parts); None where it is of no kind that is known here."""
    cls = type(value)
    if isinstance(value, np.ndarray | np.generic):
        return _array_parts(value)
    if cls in TAKEN_APART:
        return cls.__name__, TAKEN_APART[cls](value)
    if isinstance(value, range) and len(value) <= LONGEST_RANGE:
        return "range", [value.start, value.stop, value.step]
    if isinstance(value, type) and value in NAMES:
        return "class", [NAMES[value]]
    if isinstance(value, np.dtype) and value.name in NUMPY_TYPES:
        return "numpy type", [value.name]
    if isinstance(value, dict) and cls is not dict and cls.__module__ != "__main__":
        return "items", [dict(value)]
    if isinstance(value, np.random.Generator) and _name(value) in GENERATORS:
        return "generator", [_name(value), value.bit_generator.state]
    if isinstance(value, tuple) and isinstance(fields := getattr(cls, "_fields", None), tuple):
        return "named tuple", [cls.__name__, list(fields), list(value)]
    return tables.parts(value)


def big(number: int) -> list[Any] | None:
    """The JSON form of an integer that is too long for JSON; None where it isn't."""
    return None if -SMALL < number < SMALL else ["int", [hex(number)]]


def made(kind: str, given: list[Any]) -> Any:
    """The value of a kind with these parts, the inverse of `parts`.

    Raises:
        MalformedError, or whatever forged parts set off.
    """
    if kind in MAKERS:
        return MAKERS[kind](*given)
    return tables.made(kind, given)


class Items(dict[Any, Any]):
    """A dictionary of a library's own kind, whose items are mostly read as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _name(generator: np.random.Generator) -> str:
    return type(generator.bit_generator).__name__


def _generator(name: str, state: dict[str, Any]) -> np.random.Generator:
    bits = GENERATORS[name]()
    bits.state = state
    return np.random.Generator(bits)


def _array_parts(value: Any) -> tuple[str, list[Any]] | None:
    array = np.asarray(value)
    shape, single = list(array.shape), isinstance(value, np.generic)
    if array.dtype.kind in "mM":
        return "times", [array.dtype.str, array.astype("int64"), single]
    if array.dtype.kind in "US":
        return "texts", [array.dtype.kind, shape, array.ravel().tolist(), single]
    if array.dtype.kind == "O":
        return "objects", [shape, array.ravel().tolist()]
    return None


def _times(dtype: str, numbers: Any, single: bool) -> Any:
    if not TIMES.fullmatch(dtype) or numbers.dtype.name != "int64":
        raise MalformedError("no times")
    array = numbers.astype(np.dtype(dtype))
    return array[()] if single else array


def _texts(kind: str, shape: list[int], items: list[Any], single: bool) -> Any:
    longest = max(map(len, items), default=0)
    if kind not in ("U", "S") or (longest + 1) * 4 * len(items) > TEXT_BYTES:
        raise MalformedError("no texts, or too many")
    if not all(isinstance(item, str if kind == "U" else bytes) for item in items):
        raise MalformedError("no texts")
    array = np.array(items, dtype=kind).reshape(_shape(shape, len(items)))
    return array[()] if single else array


def _objects(shape: list[int], items: list[Any]) -> Any:
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array.reshape(_shape(shape, len(items)))


def _shape(shape: list[int], size: int) -> list[int]:
    check_shape(shape)
    if math.prod(shape) != size:
        raise MalformedError("no shape")
    return shape


def _range(start: int, stop: int, step: int) -> range:
    found = range(start, stop, step)
    if len(found) > LONGEST_RANGE:
        raise MalformedError("too long a range")
    return found


def _named_tuple(name: str, fields: list[str], values: list[Any]) -> Any:
    if len(fields) > FIELDS or not all(isinstance(field, str) for field in (name, *fields)):
        raise MalformedError("no named tuple")
    return collections.namedtuple(name, fields)(*values)  # refuses what is no identifier


def _decimal(text: str) -> decimal.Decimal:
    found = decimal.Decimal(text)
    if found.is_finite() and abs(found.adjusted()) > LONGEST_DECIMAL:
        raise MalformedError("too many digits")
    return found


def _numbers(data: Any) -> Any:
    if data.dtype.name != "uint8":
        raise MalformedError("no bytes")
    return data


TAKEN_APART: dict[type, Callable[[Any], list[Any]]] = {
    bytes: lambda v: [np.frombuffer(v, np.uint8)],
    bytearray: lambda v: [np.frombuffer(bytes(v), np.uint8)],
    datetime.date: lambda v: [v.isoformat()],
    datetime.datetime: lambda v: [v.isoformat()],
    datetime.time: lambda v: [v.isoformat()],
    datetime.timedelta: lambda v: [v.days, v.seconds, v.microseconds],
    decimal.Decimal: lambda v: [str(v)],
    fractions.Fraction: lambda v: [v.numerator, v.denominator],
    collections.Counter: lambda v: [dict(v)],
    collections.OrderedDict: lambda v: [dict(v)],
    collections.defaultdict: lambda v: [dict(v)],
    collections.deque: lambda v: [list(v), v.maxlen],
}
MAKERS: dict[str, Callable[..., Any]] = {
    "int": lambda digits: int(digits, 16),
    "bytes": lambda data: _numbers(data).tobytes(),
    "bytearray": lambda data: bytearray(_numbers(data).tobytes()),
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": datetime.timedelta,
    "Decimal": _decimal,
    "Fraction": fractions.Fraction,
    "Counter": collections.Counter,
    "OrderedDict": collections.OrderedDict,
    "defaultdict": lambda items: collections.defaultdict(None, items),
    "deque": collections.deque,
    "range": _range,
    "class": lambda name: CLASSES[name],
    "numpy type": lambda name: np.dtype(CLASSES[f"numpy.{name}"]),
    "named tuple": _named_tuple,
    "items": Items,
    "generator": _generator,
    "times": _times,
    "texts": _texts,
    "objects": _objects,
}
