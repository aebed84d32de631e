"""Gradients that flow through the student's process, for courses that use torch."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from grading import wire

# (numbers of the outputs, their gradients, the inputs) -> gradients of the inputs
Backward = Callable[[list[int], Sequence[torch.Tensor], Sequence[torch.Tensor]], list[Any]]


def join(backward: Backward, outputs: list[Any], inputs: Sequence[Any]) -> Sequence[torch.Tensor]:
    """The outputs of a call in the student's process, joined to the graph of the inputs here."""
    plain = [a.detach() for a in outputs if isinstance(a, torch.Tensor)]
    if len(plain) < len(outputs):
        raise wire.MalformedError("an array among the tensors")
    anchor = torch.zeros((), requires_grad=True)  # the student's parameters want gradients, too
    return _Joined.apply(backward, plain, anchor, *inputs)


def like(value: object, tensor: torch.Tensor) -> torch.Tensor:
    """`value`, made sure to fit `tensor`."""
    if not isinstance(value, torch.Tensor) or value.shape != tensor.shape:
        raise wire.MalformedError("a tensor of another shape")
    return value.detach().to(tensor.device, tensor.dtype)


def overwrite(old: torch.Tensor, value: object) -> None:
    """Gives an argument the value that the student's function left it with."""
    if not isinstance(value, torch.Tensor) or value.dtype != old.dtype:
        raise wire.MalformedError("an argument of another type")
    with torch.no_grad():
        if value.shape == old.shape:
            old.copy_(value)
        else:
            old.data = value.to(old.device)


class _Joined(torch.autograd.Function):
    """Joins the graph of a call in the student's process to the one here."""

    @staticmethod
    def forward(
        ctx: Any,
        backward: Backward,
        outputs: Sequence[torch.Tensor],
        anchor: torch.Tensor,
        *inputs: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        ctx.set_materialize_grads(False)
        ctx.send_back, ctx.inputs = backward, [t.detach() for t in inputs]
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        given = {i: gradient for i, gradient in enumerate(gradients) if gradient is not None}
        answer = ctx.send_back(list(given), list(given.values()), ctx.inputs)
        return None, None, None, *answer
