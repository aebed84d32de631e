"""New random weights for any network, so that a claim can be tested for all weights, not a few."""

import torch
from torch import nn
from torch.nn.parameter import is_lazy


def randomize(model: nn.Module, scale: float) -> None:
    """Draws every parameter of `model` anew, whatever its architecture.

    Weights (two or more dimensions) get N(0, scale^2 / fan-in), everything else N(0, scale^2), so
    a layer's outputs are about `scale` times as large as its inputs and every start value that was
    set to 0, or to a small number, is gone. Buffers, such as running means, stay as they are.

    Args:
        model: lazy parameters that have no shape yet stay as they are.
        scale: 1 keeps outputs of the order of 1; 3 drives them far to both sides.
    """
    new = {}
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            continue
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 1
        new[name] = scale * torch.randn_like(parameter) / fan_in**0.5
    model.load_state_dict(new, strict=False)
