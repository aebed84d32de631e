"""Tensors and arrays as bytes, and back again. torch is used where it is in use, and nowhere else.

What is read here was written by a hostile process: every size is checked against what has really
arrived before memory is taken for it.
"""

from __future__ import annotations

import importlib
import math
import re
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import torch

    Array: TypeAlias = torch.Tensor | np.ndarray[Any, Any]
else:
    Array: TypeAlias = Any

DIMENSIONS = 32
SHAPE_LIMIT = 1 << 30  # bytes, of what a shape describes where each 0 in it is a 1
TORCH_TYPES = (
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    *("uint8", "int8", "int16", "int32", "int64", "bool"),
)
NUMPY_TYPES = {
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
}
DEVICE = re.compile(r"cpu|mps(:0)?|cuda(:\d{1,2})?")


class MalformedError(ValueError):
    """A message that breaks the rules; the message says which."""


def torch_in_use() -> Any:
    """The module torch where this process has imported it, else None."""
    return sys.modules.get("torch")


def is_tensor(value: object) -> bool:
    """Whether a value is a tensor of torch's."""
    torch = torch_in_use()
    return torch is not None and isinstance(value, torch.Tensor)


def torch_type(name: object) -> Any:
    """The number type of torch's with this name. Raises MalformedError."""
    if name not in TORCH_TYPES:
        raise MalformedError("no number type")
    return getattr(_torch(), str(name))


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        raise MalformedError("a tensor, and there is no torch here") from None


def torch_size(numbers: list[Any]) -> Any:
    """A size of torch's."""
    return _torch().Size(numbers)


def describe(array: Array) -> dict[str, Any]:
    """The entry of a message's head for a tensor or an array."""
    if not isinstance(array, np.ndarray):
        name = str(array.dtype).removeprefix("torch.")
        if name not in TORCH_TYPES:
            raise ValueError(f"a tensor of type {array.dtype} cannot be sent")
        entry = {"torch": name, "shape": list(array.shape), "device": str(array.device)}
        return entry | ({"needs": True} if array.requires_grad else {})
    return {"numpy": array.dtype.name, "shape": list(array.shape)}


def gradient(array: Array) -> Array | None:
    """The gradient that travels with an array: that of a leaf tensor."""
    return None if isinstance(array, np.ndarray) or not array.is_leaf else array.grad


def array_bytes(array: Array) -> bytes:
    """The numbers of a tensor or an array as bytes, row by row."""
    if not isinstance(array, np.ndarray):
        torch = _torch()
        array = array.detach()
        if array.layout is not torch.strided:
            array = array.to_dense()
        array = array.resolve_conj().resolve_neg().cpu().contiguous()
        if array.is_complex():
            array = torch.view_as_real(array)
        array = array.reshape(-1).view(torch.uint8).numpy()
    return np.ascontiguousarray(array).tobytes()


def check_shape(shape: Any, item_bytes: int = 1) -> None:
    """Refuses what is no shape, and one of which nothing could be made.

    An array of no elements takes no room, whatever its other dimensions are, but the first sum
    over it would: these dimensions count as well.

    Raises:
        MalformedError: it is one of them.
    """
    whole = isinstance(shape, list) and len(shape) <= DIMENSIONS
    if not whole or any(type(n) is not int or n < 0 for n in shape):
        raise MalformedError("no shape")
    if math.prod(n or 1 for n in shape) * item_bytes > SHAPE_LIMIT:
        raise MalformedError("the shape of an array that is too large")


def read_array(entry: Any, raw: memoryview, start: int) -> tuple[Any, int]:
    """The array that an entry of the head describes, and the position where its bytes end.

    Raises:
        MalformedError, or whatever a forged entry sets off.
    """
    shape = entry["shape"]
    if "torch" not in entry and entry["numpy"] not in NUMPY_TYPES:
        raise MalformedError("no number type")
    dtype = torch_type(entry["torch"]) if "torch" in entry else np.dtype(entry["numpy"])
    check_shape(shape, dtype.itemsize)
    end = start + math.prod(shape) * dtype.itemsize
    if end > len(raw):
        raise MalformedError("an array is longer than the message")
    piece = bytearray(raw[start:end])
    if "bool" in (entry.get("torch"), entry.get("numpy")):  # other bytes than 0, 1 are neither
        piece = bytearray(np.frombuffer(piece, np.uint8).astype(bool).tobytes())
    if "torch" not in entry:
        return np.frombuffer(piece, dtype).reshape(shape), end
    torch = _torch()
    flat = torch.frombuffer(piece, dtype=dtype) if piece else torch.empty(0, dtype=dtype)
    tensor = flat.reshape(shape).to(device(entry["device"]))
    return tensor.requires_grad_(entry.get("needs") is True), end


def device(name: object) -> Any:
    """The device of this name where this machine has it, else the processor."""
    if not isinstance(name, str) or not DEVICE.fullmatch(name):
        raise MalformedError("no device")
    torch = _torch()
    kind = name.split(":")[0]
    there = kind == "cpu" or (kind == "cuda" and torch.cuda.is_available())
    there = there or (kind == "mps" and torch.backends.mps.is_available())
    return torch.device(name if there else "cpu")
