"""What it means when torch refuses tensors of two devices: which one is where, and how to mend it.

It happens on a machine with a GPU alone: there the notebook's data lie on the GPU, and a tensor
that is made without a `device` lies on the CPU.
"""

import re
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any

from torch import Tensor, nn

TWO_DEVICES = "two devices"  # the cause of what fails where a tensor is on another device
# What torch says of operations and indices, and of convolutions.
_REFUSED = re.compile(r"\bsame (device|GPU)\b|Input type .*cuda.* should be the same")
_NAME = re.compile(r"\b(?:self\.)?[A-Za-z_]\w*")


def refused(error: BaseException) -> bool:
    """Whether it is torch's error for tensors of two devices."""
    return isinstance(error, RuntimeError) and bool(_REFUSED.search(str(error)))


def meeting(frame: FrameType | None, line: str, within: TracebackType | None) -> str:
    """Says which tensors of two devices met, as far as that can be seen, and what to do.

    Args:
        frame: of the student's function that stopped; None where it isn't known.
        line: the text of its line.
        within: the traceback from there on.
    """
    if layer := _layer_elsewhere(within):
        return (
            f"the weights of a layer ({type(layer).__name__}) are on the CPU, its input is on the "
            "GPU: make layers in `__init__`, keep them as attributes, and move the model with "
            "`.to(device)`"
        )
    found = _tensors(frame, line) if frame else {}
    there = [name for name, tensor in found.items() if tensor.device.type != "cpu"]
    # A single number on the CPU may meet any tensor.
    here = [name for name, tensor in found.items() if tensor.device.type == "cpu" and tensor.dim()]
    if not there:
        return (
            "a tensor on the CPU meets one on the GPU: make it where the other one is, such as "
            "with `device=x.device` for a tensor x"
        )
    mend = f"with `device={there[0]}.device`"
    if not here:
        which, are = _named(there)
        return f"a tensor on the CPU meets {which}, which {are} on the GPU: make it {mend}"
    (these, are), (those, too) = _named(here), _named(there)
    it = "it" if len(here) == 1 else "them"
    return f"{these} {are} on the CPU, {those} {too} on the GPU: make {it} {mend}"


def _named(names: Sequence[str]) -> tuple[str, str]:
    """("`a` and `b`", "are"): names in a sentence, and the verb that follows."""
    *others, last = (f"`{name}`" for name in names)
    return (f"{', '.join(others)} and {last}", "are") if others else (last, "is")


def _layer_elsewhere(trace: TracebackType | None) -> nn.Module | None:
    """The layer of torch's on the CPU in which an error arose, if its input isn't there."""
    while trace:
        values = trace.tb_frame.f_locals
        layer: Any = values.get("self")
        if issubclass(type(layer), nn.Module) and type(layer).__module__.startswith("torch.nn."):
            weights = [weight.device.type for weight in layer.parameters(recurse=False)]
            inputs = _tensors_among(values).values()
            if weights[:1] == ["cpu"] and any(value.device.type != "cpu" for value in inputs):
                return layer
        trace = trace.tb_next
    return None


def _tensors(frame: FrameType, line: str) -> dict[str, Tensor]:
    """The tensors that a function's line names; all of its own where it names none.

    Of `self` its attributes count as well.
    """
    values: dict[str, Any] = dict(frame.f_locals)
    if attributes := getattr(values.get("self"), "__dict__", None):
        values |= {f"self.{name}": value for name, value in attributes.items()}
    tensors = _tensors_among(values)
    named = set(_NAME.findall(line)) & tensors.keys()
    return {name: tensor for name, tensor in tensors.items() if name in named or not named}


def _tensors_among(values: Mapping[str, Any]) -> dict[str, Tensor]:
    """Told by their type alone: other objects may answer to anything that they are asked."""
    return {name: value for name, value in values.items() if issubclass(type(value), Tensor)}
