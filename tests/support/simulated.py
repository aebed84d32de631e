"""A GPU that isn't there: `with simulated() as gpu:`, and there are tensors on `gpu.device`.

They compute on the CPU, refuse to meet a CPU tensor of one or more dimensions, as those on CUDA do,
and have no `.numpy()`; what would make a program wait for its GPU is counted. torch knows the
device as "simulated": a Python backend in the place that it keeps for other people's devices. What
tells CUDA by its name (`"cuda"`, `.is_cuda`) isn't simulated, but for `.cuda()`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)

from helpers.data import Digits, load_mnist

NAME = "simulated"
HERE = Path(__file__)
NO_NUMPY = (
    f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
    "host memory first."
)
# Operations that copy from one device to the other, or look a CPU tensor of places up.
MAY_MIX = {"copy_", "_to_copy", "index", "_unsafe_index", "index_put", "index_put_"}
MAY_MIX |= {"_index_put_impl_"}
# Operations whose result, or its size, the program has to wait for.
WAITS = {"_local_scalar_dense", "equal", "nonzero", "is_nonzero", "masked_select", "_unique2"}
WAITS |= {"unique_consecutive", "bincount"}
MASKS = (torch.bool, torch.uint8)


class Backend(_DummyBackendModule):
    """What torch asks a device's module for."""

    def manual_seed(self, seed: int) -> None:
        """Its random numbers are the CPU's."""

    def get_rng_state(self, device: Any = None) -> torch.Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: torch.Tensor, device: Any = None) -> None:
        """As above."""

    def _is_in_bad_fork(self) -> bool:
        return False


@dataclass(frozen=True)
class Place:
    """An operation and the line that led to it, outside of torch and of this module."""

    operation: str
    file: str
    line: int
    function: str


@dataclass
class Gpu:
    """What has happened on the device.

    crossings: where tensors of two devices met, each an error.
    waits: where the program waited for a result.
    """

    device: torch.device
    crossings: list[Place] = field(default_factory=list)
    waits: list[Place] = field(default_factory=list)


class OnGpu(torch.Tensor):
    """A tensor that says it is on the device; `host` holds its numbers."""

    host: torch.Tensor

    @staticmethod
    def __new__(cls, real: torch.Tensor) -> "OnGpu":
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            real.size(),
            strides=real.stride(),
            storage_offset=real.storage_offset(),
            dtype=real.dtype,
            device=torch.device(NAME, 0),
        )
        made.host = real
        return made

    def __init__(self, real: torch.Tensor):
        pass

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"{self.host!r} on {NAME}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return on_gpu, (self.host,)

    def __format__(self, how: str) -> str:
        return format(self.item() if self.dim() == 0 else str(self), how)

    def __deepcopy__(self, memo: dict[int, Any]) -> "OnGpu":
        return memo.setdefault(id(self), self.clone().detach().requires_grad_(self.requires_grad))

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Called where no `simulated` is active any more: nothing is counted."""
        return compute(Gpu(torch.device(NAME, 0)), func, args, kwargs or {})


def on_gpu(real: torch.Tensor) -> OnGpu:
    """A tensor with these numbers on the device, as pickle makes it anew."""
    return OnGpu(real)


def is_gpu(device: Any) -> bool:
    return device is not None and torch.device(device).type == NAME


def real(value: Any) -> Any:
    return value.host if isinstance(value, OnGpu) else value


def compute(gpu: Gpu, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """An operation of torch's: refused or counted as on CUDA, and done on the CPU.

    Raises:
        RuntimeError: as CUDA does.
    """
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = [tensor for tensor in tensors if isinstance(tensor, OnGpu)]
    elsewhere = [tensor for tensor in tensors if not isinstance(tensor, OnGpu)]
    name = func.overloadpacket.__name__
    device = kwargs.get("device")
    result_there = is_gpu(device) or bool(there and device is None)
    if there and elsewhere:
        _check_meeting(gpu, name, args, elsewhere)
    if there or result_there:
        _count_waits(gpu, name, args, kwargs, elsewhere)
    generator = kwargs.get("generator")
    if result_there and generator is not None and generator.device.type == "cpu":
        raise RuntimeError(f"Expected a '{NAME}' device type for generator but found 'cpu'")
    args, kwargs = tree_map(real, (args, kwargs))
    if device is not None:
        kwargs["device"] = torch.device("cpu")
    result = func(*args, **kwargs)
    if name == "_to_copy" and result is args[0]:
        result = result.clone()
    if not result_there or name == "_local_scalar_dense":
        return result
    own = {id(tensor.host): tensor for tensor in there}  # an operation in place returns its tensor

    def there_too(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or isinstance(value, OnGpu):
            return value
        return own[id(value)] if id(value) in own else OnGpu(value)

    return tree_map(there_too, result)


def _check_meeting(gpu: Gpu, name: str, args: Any, elsewhere: list[torch.Tensor]) -> None:
    if name in MAY_MIX and (name in ("copy_", "_to_copy") or isinstance(args[0], OnGpu)):
        return
    if name in MAY_MIX:
        told = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
    elif any(tensor.dim() for tensor in elsewhere):
        told = "Expected all tensors to be on the same device, but found at least two devices, "
        told += f"{NAME}:0 and cpu!"
    else:  # a single number meets any tensor
        return
    gpu.crossings.append(place(name))
    raise RuntimeError(told)


def _count_waits(
    gpu: Gpu, name: str, args: Any, kwargs: dict[str, Any], elsewhere: list[torch.Tensor]
) -> None:
    device = kwargs.get("device")
    places = args[1] if name in ("index", "_unsafe_index") else ()
    masked = any(isinstance(p, torch.Tensor) and p.dtype in MASKS for p in places)
    to_host = name == "_to_copy" and not elsewhere and device is not None and not is_gpu(device)
    # From memory that may be swapped out a copy is waited for, unless asked not to.
    from_host = name == "_to_copy" and bool(elsewhere) and not kwargs.get("non_blocking")
    copied = name == "copy_" and bool(elsewhere)
    looked_up = bool(places) and bool(elsewhere)
    if name in WAITS or masked or to_host or from_host or copied or looked_up:
        gpu.waits.append(place(name))


def place(operation: str) -> Place:
    """Where the program is."""
    frame = sys._getframe(1)
    while frame.f_back and (
        Path(frame.f_code.co_filename) == HERE or "/torch/" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    code = frame.f_code
    return Place(operation, Path(code.co_filename).name, frame.f_lineno, code.co_qualname)


class Dispatch(TorchDispatchMode):
    """All operations, those that make tensors of nothing as well."""

    def __init__(self, gpu: Gpu):
        super().__init__()
        self.gpu = gpu

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Computes it."""
        return compute(self.gpu, func, args, kwargs or {})


class Functions(TorchFunctionMode):
    """Functions that look into a tensor's memory, or make one of Python's numbers."""

    def __init__(self, gpu: Gpu):
        super().__init__()
        self.gpu = gpu

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Does what the function does."""
        kwargs = kwargs or {}
        first = args[0] if args else None
        if func in (torch.tensor, torch.as_tensor, torch.asarray):
            return self._made(func, first, args, kwargs)
        if isinstance(first, OnGpu):
            if func in (torch.Tensor.numpy, torch.Tensor.__array__):
                raise TypeError(NO_NUMPY)
            if func is torch.Tensor.tolist:
                self.gpu.waits.append(place("tolist"))
                return first.host.tolist()
        if func is torch.Tensor.cuda:
            return first.to(self.gpu.device)
        return func(*args, **kwargs)

    def _made(self, func: Any, first: Any, args: Any, kwargs: dict[str, Any]) -> torch.Tensor:
        if isinstance(first, OnGpu):
            made = first if func is not torch.tensor else first.detach().clone()
            return made.to(**{k: v for k, v in kwargs.items() if k in ("device", "dtype") and v})
        numbers = [leaf for leaf in tree_leaves(first) if isinstance(leaf, OnGpu)]
        self.gpu.waits += [place("tensor of numbers on the GPU")] * len(numbers)
        args = (tree_map(real, first), *args[1:]) if numbers else args
        if not is_gpu(device := kwargs.get("device")):
            return func(*args, **kwargs)
        wants = kwargs.pop("requires_grad", False)
        return func(*args, **{**kwargs, "device": "cpu"}).to(device).requires_grad_(wants)


_setup_privateuseone_for_python_backend(NAME, Backend())


@contextmanager
def simulated() -> Iterator[Gpu]:
    """The device is there: notebooks may be run on it, see `device_line`."""
    gpu = Gpu(torch.device(NAME, 0))
    overwrite = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        cuda = mock.patch.object(torch.nn.Module, "cuda", _module_cuda)
        with cuda, Dispatch(gpu), Functions(gpu):
            yield gpu
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(overwrite)


def _module_cuda(module: torch.nn.Module, device: Any = None) -> torch.nn.Module:
    return module.to(torch.device(NAME, 0))


def device_line(source: str) -> str:
    """A cell of a notebook, which takes the simulated device where it would take a GPU."""
    return source.replace('"cuda" if torch.cuda.is_available() else "cpu"', f'"{NAME}"')


FEW = {"train": 256, "test": 200}  # four steps an epoch


def few_digits(full: bool | None = None, device: Any = None) -> tuple[Digits, Digits]:
    """In the place of `load_mnist`: the first of the embedded digits."""
    train, test = load_mnist(False, device)
    for digits, number in ((train, FEW["train"]), (test, FEW["test"])):
        digits.images, digits.labels = digits.images[:number], digits.labels[:number]
    return train, test
