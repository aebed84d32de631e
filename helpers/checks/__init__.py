"""The words that test cells are written in: shape, range, values, gradients, parameters, batches.

A test cell opens one `Report` and states its claims in it. How a claim is checked is a function,
which is called with what is tested:

    with Report("test-kl") as check:
        check("the KL term is a number", check_finite, kl, "the KL term")
        with check("the KL term is 0 when the posterior is the prior"):
            check_values(kl, 0.0, "the KL term")

Every `check_...` function returns None when all is well and raises `Failed` with a sentence that
says what was seen, what was expected and, where it can tell, which mistake that looks like.
Checks of random numbers are in `helpers.checks.statistics`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from helpers.checks.report import NO_GRADIENT, Failed, MisuseError, Report
from helpers.claims import LENT
from helpers.devices import home
from helpers.weights import randomize

__all__ = [
    "DIVERGED",
    "Failed",
    "MisuseError",
    "Report",
    "as_floats",
    "as_rows",
    "as_tensor",
    "check_batch_independence",
    "check_finite",
    "check_gradient",
    "check_new_digits",
    "check_parameters_used",
    "check_range",
    "check_shape",
    "check_tensor",
    "check_trainable",
    "check_unchanged",
    "check_values",
    "check_weights_change",
    "check_weights_matter",
    "either",
    "fitting",
    "lent",
    "shaped",
    "weights_of",
]

T = TypeVar("T")

NAN = "nan"  # the cause of what fails where a result is no number
DIVERGED = (
    "the training diverged. Look for a learning rate that is too large at its peak, log(0) or a "
    "division by 0 in the loss, and exp of a log_var that leapt (print log_var.max() in the loop)."
)


def either(first: Callable[[], T], second: Callable[[], T]) -> T:
    """The result of `first()`, or where that stops with an error, of `second()`.

    For answers that may take one of two forms. When both stop, the error of `first` is raised.
    """
    try:
        return first()
    except Exception as error:
        try:
            return second()
        except Exception:
            raise error from None


def as_rows(steps: Any, like: Tensor) -> Tensor:
    """Tensors of one size as rows of numbers, (n, like.numel()), whatever form they come in.

    They are where the notebook's data are, wherever they come from.

    Args:
        steps: n tensors or arrays of like.numel() values each, in a list or in one tensor.

    Raises:
        Failed: when they are not of that size.
    """
    try:
        if isinstance(steps, list | tuple):
            steps = torch.stack([torch.as_tensor(step).to(home()) for step in steps])
        return torch.as_tensor(steps).detach().to(home()).reshape(-1, like.numel())
    except (TypeError, ValueError, RuntimeError):
        kind, one = type(steps).__name__, tuple(like.shape)
        seen = f"has shape {tuple(steps.shape)}" if hasattr(steps, "shape") else f"is a {kind}"
        raise Failed(f"the result {seen}; expected tensors of shape {one}.") from None


def check_tensor(value: Any, what: str) -> None:
    """Fails unless `value` is a torch tensor (of any shape, dtype and device)."""
    if not isinstance(value, Tensor):
        raise Failed(f"{what} is of type `{type(value).__name__}`; expected a torch tensor.")


def check_shape(
    tensor: Any,
    shape: Sequence[int],
    what: str,
    mistakes: Mapping[str, Sequence[int]] | None = None,
) -> None:
    """Fails unless `tensor` is a tensor of exactly this shape.

    Args:
        mistakes: sentence -> the shape that this mistake gives; a match is named in the message.
    """
    check_tensor(tensor, what)
    if (seen := tuple(tensor.shape)) != tuple(shape):
        fits = (text for text, other in (mistakes or {}).items() if seen == tuple(other))
        likely = next(fits, "")
        told = f"{what} has shape {seen}; expected {tuple(shape)}"
        raise Failed(f"{told}: {likely}" if likely else told, cause=likely)


def shaped(value: Any, shape: Sequence[int], what: str) -> Tensor:
    """An answer in the shape that was asked for, where it has as many values, where the data lie.

    What is compared with nothing agrees with it, and so does what only broadcasts: how many values
    an answer has is never the student's choice. That they come in another shape is the business of
    the claim about the shape.

    Raises:
        Failed: where it is no tensor of `math.prod(shape)` values.
    """
    if not isinstance(value, Tensor) or value.numel() != math.prod(shape):
        check_shape(value, shape, what)
    return value.to(home()).reshape(tuple(shape))


def lent(tensor: Tensor) -> Tensor:
    """A copy for a student's function to do with as it likes: no check looks at it again.

    That an argument stays as it is has claims of its own; it costs no other idea its points.
    """
    copy = tensor.clone()
    setattr(copy, LENT, True)
    return copy


def check_range(tensor: Any, low: float, high: float, what: str) -> None:
    """Fails unless every value is a number within [low, high]."""
    check_finite(tensor, what)
    if tensor.numel() and (tensor.min() < low or tensor.max() > high):
        seen = f"{tensor.min().item():.3g} to {tensor.max().item():.3g}"
        raise Failed(f"{what} takes values from {seen}; expected {low:g} to {high:g}.")


def check_finite(
    tensor: Any,
    what: str,
    why: str = "look for log(0), a division by 0, or exp of a lot.",
) -> None:
    """Fails where a tensor holds nan or an infinity.

    Args:
        why: what the message says of where it comes from.
    """
    check_tensor(tensor, what)
    if not torch.isfinite(tensor.detach()).all():
        raise Failed(f"{what} holds nan or inf: {why}", cause=NAN)


def check_values(
    actual: Any,
    expected: Any,
    what: str,
    mistakes: Mapping[str, Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-4,
) -> None:
    """Fails unless `actual` equals `expected` up to rounding, element by element.

    Args:
        actual: tensor or number from the student's code.
        expected: tensor or number; a number stands for a tensor of any shape.
        what: names the value in the message, such as "the KL term".
        mistakes: sentence -> the value that this mistake gives; a match is named in the message,
            and is its cause (see `Failed`). Without a match, or with several, the failure is vague.
        rtol, atol: as in `torch.isclose`; room for another order of float32 sums.
    """
    actual = torch.as_tensor(actual).detach().cpu().double()
    if _close(actual, expected, rtol, atol):
        return
    if fits := [s for s, value in (mistakes or {}).items() if _close(actual, value, rtol, atol)]:
        told = f"{what} is {_show(actual)}; expected {_show(expected)}"
        raise fitting(told, fits)
    expected = torch.as_tensor(expected).detach()
    if expected.isfinite().all():
        told = f"{what} is {_show(actual)}; expected {_show(expected)}."
        raise Failed(told, cause=NAN if actual.isnan().any() else "", vague=True)
    told = f"{what} is {_show(actual)}, and so is what it is compared with."
    raise Failed(told, cause=NAN, vague=True)


def fitting(seen: str, mistakes: Sequence[str]) -> Failed:
    """The failure of a value that these mistakes would give; vague where they are several."""
    alone = len(mistakes) == 1
    return Failed(f"{seen}: {', or '.join(mistakes)}", cause=mistakes[0] * alone, vague=not alone)


def _close(actual: Tensor, expected: Any, rtol: float, atol: float) -> bool:
    expected = torch.as_tensor(expected).detach().cpu().double()
    if expected.dim() and actual.shape != expected.shape:
        return False
    return bool(torch.isclose(actual, expected.expand_as(actual), rtol, atol).all())


def _show(value: Any) -> str:
    value = torch.as_tensor(value).detach()
    numbers = [f"{number:.5g}" for number in value.flatten()[:6].tolist()]
    if 0 < value.numel() <= len(numbers):
        return numbers[0] if value.numel() == 1 else f"({', '.join(numbers)})"
    if value.numel() and (value == value.flatten()[0]).all():
        return f"{numbers[0]} everywhere"
    return f"a tensor of shape {tuple(value.shape)} with mean {value.double().mean().item():.4g}"


def check_unchanged(before: Tensor, after: Tensor, what: str) -> None:
    """Fails when a function has changed its argument in place: `before` is a copy of it."""
    if not torch.equal(before, after):
        raise Failed(
            f"{what} was changed by the call: work on a new tensor (no `+=`, no `add_`, `exp_`, "
            "`clamp_` on an argument)."
        )


def check_gradient(tensor: Any, what: str, causes: str) -> None:
    """Fails unless the tensor is part of an autograd graph; `causes` says what may have cut it."""
    check_tensor(tensor, what)
    if not tensor.requires_grad:
        raise Failed(f"{what} has no gradient: {causes}", cause=NO_GRADIENT)


def check_parameters_used(model: nn.Module, output: Callable[[nn.Module], Tensor]) -> None:
    """Fails when a trainable parameter has no part in `output(model)`.

    Args:
        model: its gradients are cleared before and after.
        output: function of the model that returns one tensor; its sum is differentiated.
    """
    model.zero_grad()
    result = output(model).sum()  # first of all: only now a lazy layer has its parameters
    if not any(p.requires_grad for p in model.parameters()):
        raise Failed(
            "the model has no trainable parameter: keep its layers as attributes (self.…)."
        )
    if result.requires_grad:
        result.backward()
    model_unused = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    model.zero_grad()
    if model_unused:
        raise Failed(
            f"{', '.join(model_unused[:4])}: no gradient arrives there. Is a layer made in "
            "`__init__` and never used in the forward pass, or is the graph cut by detach, "
            "no_grad, .data or .item()?"
        )


def check_weights_change(model: Any, output: Callable[[Any], Tensor], what: str) -> None:
    """Fails, with the sentence `what`, where new random weights leave `output(model)` as it is."""
    before = output(model)
    randomize(model, 1.0)
    if torch.equal(before, output(model)):
        raise Failed(what)


def weights_of(model: Any, what: str) -> dict[str, Tensor]:
    """Copies of a model's weights by name; fails where it has none, or nan among them."""
    found = either(lambda: dict(model.named_parameters()), dict)
    if not found:
        raise Failed(f"{what} has no weights: it must be the network that was trained.")
    weights = {name: weight.detach().clone() for name, weight in found.items()}
    if not all(weight.isfinite().all() for weight in weights.values()):
        raise Failed(
            f"{what} has nan among its weights: {DIVERGED} One nan in a gradient makes a nan of "
            "every weight, so make the model anew before you train again.",
            cause=NAN,
        )
    return weights


def check_weights_matter(model: Any, error: Callable[[], float], what: str) -> None:
    """Fails unless new random weights make a trained model worse: then what it can lies in them.

    The weights are put back.

    Args:
        error: of the model as it is; lower is better.
        what: names the model in the message.
    """
    weights = weights_of(model, what)
    trained = error()
    try:
        randomize(model, 1.0)
        new = error()
    finally:
        model.load_state_dict(weights, strict=False)
    if new <= trained:
        raise Failed(
            f"{what} is as good with random weights: it must be the network that was trained."
        )


def check_trainable(model: Any, output: Callable[[Any], Tensor], what: str) -> None:
    """Fails unless a gradient of `output(model)` reaches a weight: what was trained has one.

    Args:
        what: names the model in the message.
    """
    weights_of(model, what)
    result = output(model)
    if getattr(result, "requires_grad", False):
        result.sum().backward()
    trained = any(weight.grad is not None for _, weight in model.named_parameters())
    model.zero_grad()
    if not trained:
        raise Failed(
            f"no gradient reaches a weight of {what}: it must be the network that was trained."
        )


def check_new_digits(seen: float, new: float, most: float, what: str) -> None:
    """Fails unless a trained model is good with digits that it has never seen, too.

    Args:
        seen, new: its error with the test digits, and with new ones.
        most: what it may be with new ones.
        what: names the error in the message, such as "the test loss".
    """
    if not new < most:
        raise Failed(
            f"{what} is {seen:.1f} with the test digits, and {new:.1f} with digits that are not "
            f"among them; expected below {most:g}. A model has to learn what digits are like, not "
            "these digits by heart."
        )


def check_batch_independence(
    function: Callable[[Tensor], Tensor], batch: Tensor, what: str
) -> None:
    """Fails when what a batch member becomes depends on its neighbours or on its place.

    Args:
        function: tensor (N, ...) -> tensor (N, ...), deterministic, the model in eval mode.
        batch: N >= 3 different inputs.
    """
    whole = function(batch).detach().to(batch.device)
    if whole.shape[:1] != batch.shape[:1]:
        raise Failed(f"{what}: {len(batch)} inputs gave {len(whole)} outputs.")
    order = torch.randperm(len(batch), device=batch.device)
    scale = whole.abs().max().item() + 1e-6
    turned = (function(batch[order]).detach().to(whole) - whole[order]).abs().max().item()
    alone = torch.cat([function(one) for one in batch.split(1)]).detach().to(whole)
    single = (alone - whole).abs().max().item() if alone.shape == whole.shape else math.nan
    if not (turned <= 1e-3 * scale and single <= 1e-3 * scale):  # nan fails as well
        raise Failed(
            f"{what} changes when the same input comes in another batch: the members of a batch "
            "must not influence each other (look at view/reshape, at means over the batch, and "
            "at train/eval mode)."
        )


def as_tensor(value: Any, what: str) -> Tensor:
    """A tensor, an array or nested lists of numbers as a tensor; fails for anything else.

    It is where the notebook's data are.
    """
    try:
        return torch.as_tensor(value).to(home())
    except (TypeError, ValueError, RuntimeError):
        raise Failed(
            f"{what} is of type `{type(value).__name__}`; expected a torch tensor."
        ) from None


def as_floats(values: Iterable[Any], what: str) -> list[float]:
    """A recorded curve as plain floats.

    Raises:
        Failed: when it isn't a list of numbers, or holds nan.
    """
    try:
        floats = [v.item() if isinstance(v, Tensor) else float(v) for v in values]
    except (TypeError, ValueError, RuntimeError):
        raise Failed(f"{what} is not a list of numbers.") from None
    if lost := [place for place, value in enumerate(floats, 1) if not math.isfinite(value)]:
        raise Failed(f"{what} holds nan or inf from number {lost[0]} on: {DIVERGED}", cause=NAN)
    return floats
