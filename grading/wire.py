"""What crosses the border between a student's kernel and the trusted process: plain data, numbers.

A message is one block of bytes: the length of its head (8 bytes), the head (JSON), and the bytes of
its arrays one after another. Nothing in it can carry behaviour: no pickle, no code, no class. Every
size is checked against what has really arrived before memory is taken for it.

This module runs on both sides; `decode` and `unpack` believe nothing.
"""

import json
import math
import re
from collections.abc import Callable, ItemsView, Iterable, KeysView, Sequence, ValuesView
from typing import Any

import numpy as np
import torch

HEAD_LIMIT = 8 << 20  # bytes of JSON
MESSAGE_LIMIT = 256 << 20  # bytes of a whole message
DEEPEST = 50  # containers within containers
ARRAY_LIMIT = 20_000  # arrays in one message
DIMENSIONS = 32

TORCH_TYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool),
        *(torch.complex64, torch.complex128),
    )
}
NUMPY_TYPES = {
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
}
Array = torch.Tensor | np.ndarray[Any, Any]
DEVICE = re.compile(r"cpu|mps(:0)?|cuda(:\d{1,2})?")


class LimitError(ValueError):
    """A value that is too much for a message: a limit of the grader's, and nobody's mistake."""


class MalformedError(ValueError):
    """A message that breaks the rules; the message says which."""


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

    if isinstance(value, torch.Tensor):
        arrays.append(value)
        return ["tensor", len(arrays) - 1]
    if isinstance(value, np.ndarray | np.generic) and value.dtype.name in NUMPY_TYPES:
        arrays.append(np.asarray(value))
        return ["scalar" if isinstance(value, np.generic) else "array", len(arrays) - 1]
    if value is None or isinstance(value, bool):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, complex):
        return ["complex", [value.real, value.imag]]
    if isinstance(value, torch.dtype):
        return ["dtype", str(value).removeprefix("torch.")]
    if isinstance(value, torch.device):
        return ["device", str(value)]
    if isinstance(value, slice):
        return ["slice", inner((value.start, value.stop, value.step))]
    if value is ...:
        return ["ellipsis", None]
    if isinstance(value, dict):
        return ["dict", [inner(item) for item in value.items()]]
    if isinstance(value, KeysView | ValuesView | ItemsView):
        value = list(value)
    for kind in (torch.Size, tuple, list, set, frozenset):
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
        if isinstance(array, torch.Tensor) != (kind == "tensor"):
            raise MalformedError("an array of another kind")
        return array[()] if kind == "scalar" else array
    if kind == "object":
        return resolve(content)
    if kind == "ellipsis":
        return ...
    try:
        if kind == "dict":
            return dict(tuple(inner(pair)) for pair in content)
        if kind == "dtype":
            return TORCH_TYPES[content]
        if kind == "device":
            return _device(content)
        builder = {
            "complex": lambda parts: complex(*parts),
            "slice": lambda parts: slice(*parts),
            "Size": torch.Size,
            "tuple": tuple,
            "list": list,
            "set": set,
            "frozenset": frozenset,
        }[kind]
        return builder(inner(content))
    except MalformedError:
        raise
    except Exception as error:
        raise MalformedError(f"not a value: {type(error).__name__}") from None


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
    grads = [a.grad if isinstance(a, torch.Tensor) and a.is_leaf else None for a in arrays]
    everything = [*arrays, *(grad for grad in grads if grad is not None)]
    if sum(a.nbytes for a in everything) > limit:
        raise LimitError(f"the value is larger than {limit >> 20} MiB")
    if len(everything) > ARRAY_LIMIT:
        raise LimitError(f"the value has more than {ARRAY_LIMIT:,} tensors or arrays")
    described, position = [], len(arrays)
    for i, array in enumerate(everything):
        entry = _describe(array)
        if i < len(arrays) and grads[i] is not None:
            entry["grad"], position = position, position + 1
        described.append(entry)
    text = json.dumps({**head, "arrays": described}).encode()
    if len(text) > HEAD_LIMIT:
        raise LimitError(f"the value has more than {HEAD_LIMIT >> 20} MiB of plain data")
    return b"".join([len(text).to_bytes(8, "big"), text, *map(array_bytes, everything)])


def _describe(array: Array) -> dict[str, Any]:
    if isinstance(array, torch.Tensor):
        name = str(array.dtype).removeprefix("torch.")
        if name not in TORCH_TYPES:
            raise ValueError(f"a tensor of type {array.dtype} cannot be sent")
        entry = {"torch": name, "shape": list(array.shape), "device": str(array.device)}
        return entry | ({"needs": True} if array.requires_grad else {})
    return {"numpy": array.dtype.name, "shape": list(array.shape)}


def array_bytes(array: Array) -> bytes:
    """The numbers of a tensor or an array as bytes, row by row."""
    if isinstance(array, torch.Tensor):
        array = array.detach()
        if array.layout is not torch.strided:
            array = array.to_dense()
        array = array.resolve_conj().resolve_neg().cpu().contiguous()
        if array.is_complex():
            array = torch.view_as_real(array)
        array = array.reshape(-1).view(torch.uint8).numpy()
    return np.ascontiguousarray(array).tobytes()


def decode(raw: bytes) -> tuple[dict[str, Any], list[Array], list[memoryview]]:
    """Takes a message apart: its head, its arrays (copies of their own), and their bytes as sent.

    Raises:
        MalformedError: the message isn't what `encode` makes.
    """
    try:
        return _decode(memoryview(raw))
    except MalformedError:
        raise
    except Exception as error:  # whatever a forged message sets off in json or torch
        raise MalformedError(f"not a message: {type(error).__name__}") from None


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
        array, end = _array(entry, raw, start)
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


def _array(entry: Any, raw: memoryview, start: int) -> tuple[Array, int]:
    """The array that an entry of the head describes, and the position where its bytes end."""
    shape = entry["shape"]
    if len(shape) > DIMENSIONS or any(type(n) is not int or not 0 <= n < 1 << 40 for n in shape):
        raise MalformedError("no shape")
    if "torch" in entry:
        dtype = TORCH_TYPES[entry["torch"]]
        size = dtype.itemsize
    else:
        if entry["numpy"] not in NUMPY_TYPES:
            raise MalformedError("no number type")
        dtype = np.dtype(entry["numpy"])
        size = dtype.itemsize
    end = start + math.prod(shape) * size
    if end > len(raw):
        raise MalformedError("an array is longer than the message")
    piece = bytearray(raw[start:end])
    if dtype in (torch.bool, np.dtype(bool)):  # a byte other than 0 and 1 would be neither
        piece = bytearray(np.frombuffer(piece, np.uint8).astype(bool).tobytes())
    if isinstance(dtype, np.dtype):
        return np.frombuffer(piece, dtype).reshape(shape), end
    flat = torch.frombuffer(piece, dtype=dtype) if piece else torch.empty(0, dtype=dtype)
    tensor = flat.reshape(shape).to(_device(entry["device"]))
    return tensor.requires_grad_(entry.get("needs") is True), end


def _device(name: object) -> torch.device:
    if not isinstance(name, str) or not DEVICE.fullmatch(name):
        raise MalformedError("no device")
    kind = name.split(":")[0]
    there = kind == "cpu" or (kind == "cuda" and torch.cuda.is_available())
    there = there or (kind == "mps" and torch.backends.mps.is_available())
    return torch.device(name if there else "cpu")
