"""What crosses the border between a student's kernel and the trusted process: plain data, numbers.

A message is one block of bytes: the length of its head (8 bytes), the head (JSON), and the bytes of
its arrays one after another. Nothing in it can carry behaviour: no pickle, no code, no class. Every
size is checked against what has really arrived before memory is taken for it.

This module runs on both sides; `decode` and `unpack` believe nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, ItemsView, Iterable, KeysView, Sequence, ValuesView
from typing import Any

import numpy as np

from grading import arrays as of_arrays, kinds
from grading.arrays import NUMPY_TYPES, Array, MalformedError, array_bytes, is_tensor, torch_in_use

__all__ = [
    "Array",
    "MalformedError",
    "array_bytes",
    "decode",
    "encode",
    "index",
    "pack",
    "unpack",
    "weight",
]

HEAD_LIMIT = 8 << 20  # bytes of JSON
MESSAGE_LIMIT = 256 << 20  # bytes of a whole message
DEEPEST = 50  # containers within containers
ARRAY_LIMIT = 20_000  # arrays in one message
PLAIN_WEIGHT = 16  # bytes that a byte of JSON may become as a Python object
ALIKE_LIMIT = 100  # items of a set with the same hash: each is compared with all before it

CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "complex": lambda parts: complex(*parts),
    "slice": lambda parts: slice(*parts),
    "tuple": tuple,
    "list": list,
    "set": lambda parts: set(_unlike(parts)),
    "frozenset": lambda parts: frozenset(_unlike(parts)),
}


class LimitError(ValueError):
    """A value that is too much for a message: a limit of the grader's, and nobody's mistake."""


# ---- values as JSON: a plain value stands for itself, anything else is [kind, content] ----------


def pack(  # noqa: PLR0911, PLR0912  (one line a type)
    value: Any, arrays: list[Array], reference: Callable[[Any], Any], depth: int = 0
) -> Any:
    """The JSON form of `value`; tensors and arrays are appended to `arrays`.

    `reference(object)` gives the JSON content that stands for an object that is no data.

    Raises:
        LimitError: more than DEEPEST containers within containers.
    """
    if depth > DEEPEST:
        raise LimitError(f"the value is nested more than {DEEPEST} deep")

    def inner(values: Iterable[Any]) -> list[Any]:
        return [pack(item, arrays, reference, depth + 1) for item in values]

    if is_tensor(value):
        arrays.append(value)
        return ["tensor", len(arrays) - 1]
    if isinstance(value, np.ndarray | np.generic) and value.dtype.name in NUMPY_TYPES:
        arrays.append(np.asarray(value))
        return ["scalar" if isinstance(value, np.generic) else "array", len(arrays) - 1]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return kinds.big(int(value)) or int(value)
    for plain in (float, str):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, complex):
        return ["complex", [value.real, value.imag]]
    if torch := torch_in_use():
        if isinstance(value, torch.dtype):
            return ["dtype", str(value).removeprefix("torch.")]
        if isinstance(value, torch.device):
            return ["device", str(value)]
        if isinstance(value, torch.Size):
            return ["Size", inner(value)]
    if isinstance(value, slice):
        return ["slice", inner((value.start, value.stop, value.step))]
    if value is ...:
        return ["ellipsis", None]
    if taken := kinds.parts(value):
        return [taken[0], inner(taken[1])]
    if isinstance(value, dict):
        return ["dict", [inner(item) for item in value.items()]]
    if isinstance(value, KeysView | ValuesView | ItemsView):
        value = list(value)
    for kind in (tuple, list, set, frozenset):
        if isinstance(value, kind):
            return [kind.__name__, inner(value)]
    return ["object", reference(value)]


def unpack(  # noqa: PLR0911
    form: Any, arrays: Sequence[Array], resolve: Callable[[Any], Any], depth: int = 0
) -> Any:
    """The value of a JSON form; `resolve` is the inverse of `reference`.

    Raises:
        MalformedError: `pack` doesn't make this.
    """
    if form is None or isinstance(form, bool | int | float | str):
        return form
    if depth > DEEPEST or not (isinstance(form, list) and len(form) == 2):  # noqa: PLR2004
        raise MalformedError("not a value")
    kind, content = form

    def inner(forms: object) -> list[Any]:
        if not isinstance(forms, list):
            raise MalformedError("not a list of values")
        return [unpack(item, arrays, resolve, depth + 1) for item in forms]

    if kind in ("tensor", "array", "scalar"):
        array = arrays[index(content, len(arrays))]
        if isinstance(array, np.ndarray) == (kind == "tensor"):
            raise MalformedError("an array of another kind")
        return array[()] if kind == "scalar" else array
    if kind == "object":
        return resolve(content)
    if kind == "ellipsis":
        return ...
    try:
        if kind == "dict":
            pairs = [tuple(inner(pair)) for pair in content]
            _unlike([key for key, _ in pairs])
            return dict(pairs)
        if kind == "dtype":
            return of_arrays.torch_type(content)
        if kind == "device":
            return of_arrays.device(content)
        if kind == "Size":
            return of_arrays.torch_size(inner(content))
        builder = CONTAINERS.get(kind)
        return builder(inner(content)) if builder else kinds.made(kind, inner(content))
    except (MalformedError, MemoryError):
        raise
    except Exception as error:
        raise MalformedError(f"not a value: {type(error).__name__}") from None


def _unlike(items: list[Any]) -> list[Any]:
    """`items`, unless so many of them have one hash that a set of them would take for ever."""
    if len(items) > ALIKE_LIMIT and max(Counter(map(hash, items)).values()) > ALIKE_LIMIT:
        raise MalformedError(f"a set or a dictionary with more than {ALIKE_LIMIT} equal hashes")
    return items


def index(number: object, end: int) -> int:
    """`number`, when it is an integer from 0 to `end` - 1; else raises `MalformedError`."""
    if type(number) is not int or not 0 <= number < end:
        raise MalformedError("no such position")
    return number


# ---- messages -----------------------------------------------------------------------------------


def encode(head: dict[str, Any], arrays: Sequence[Any], limit: int = MESSAGE_LIMIT) -> bytes:
    """One message. `head` is JSON data; the `.grad` of a leaf tensor travels along with it.

    Raises:
        LimitError: the message would be larger than `limit` bytes, or have too many arrays.
    """
    grads = [of_arrays.gradient(array) for array in arrays]
    everything = [*arrays, *(grad for grad in grads if grad is not None)]
    if sum(a.nbytes for a in everything) > limit:
        raise LimitError(f"the value is larger than {limit >> 20} MiB")
    if len(everything) > ARRAY_LIMIT:
        raise LimitError(f"the value has more than {ARRAY_LIMIT:,} tensors or arrays")
    described, position = [], len(arrays)
    for i, array in enumerate(everything):
        entry = of_arrays.describe(array)
        if i < len(arrays) and grads[i] is not None:
            entry["grad"], position = position, position + 1
        described.append(entry)
    text = json.dumps({**head, "arrays": described}).encode()
    if len(text) > HEAD_LIMIT:
        raise LimitError(f"the value has more than {HEAD_LIMIT >> 20} MiB of plain data")
    return b"".join([len(text).to_bytes(8, "big"), text, *map(array_bytes, everything)])


def decode(raw: bytes) -> tuple[dict[str, Any], list[Array], list[memoryview]]:
    """Takes a message apart: its head, its arrays (copies of their own), and their bytes as sent.

    Raises:
        MalformedError: the message isn't what `encode` makes.
    """
    try:
        return _decode(memoryview(raw))
    except (MalformedError, MemoryError):
        raise
    except Exception as error:  # whatever a forged message sets off in json or torch
        raise MalformedError(f"not a message: {type(error).__name__}") from None


def weight(raw: bytes) -> int:
    """About how many bytes of memory a message will take, at most; before it is taken apart."""
    return len(raw) + PLAIN_WEIGHT * min(int.from_bytes(raw[:8], "big"), HEAD_LIMIT)


def _decode(raw: memoryview) -> tuple[dict[str, Any], list[Array], list[memoryview]]:
    length = int.from_bytes(raw[:8], "big")
    if length > min(HEAD_LIMIT, len(raw) - 8):
        raise MalformedError("the head is too long")
    head = json.loads(bytes(raw[8 : 8 + length]))
    if not isinstance(head, dict) or not isinstance(head.get("arrays"), list):
        raise MalformedError("no head")
    entries = head.pop("arrays")
    if len(entries) > ARRAY_LIMIT:
        raise MalformedError("too many arrays")
    arrays: list[Any] = []
    parts: list[memoryview] = []
    start = 8 + length
    for entry in entries:
        array, end = of_arrays.read_array(entry, raw, start)
        arrays.append(array)
        parts.append(raw[start:end])
        start = end
    grads = set()  # they belong to their tensors and are no arrays of their own
    for array, entry in zip(arrays, entries, strict=True):
        if "grad" in entry:
            grads.add(position := index(entry["grad"], len(arrays)))
            array.grad = arrays[position].to(array.device, array.dtype)
    own = [i for i in range(len(arrays)) if i not in grads]
    return head, [arrays[i] for i in own], [parts[i] for i in own]
