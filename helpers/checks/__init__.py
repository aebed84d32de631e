"""The words that test cells are written in: shape, range, values, gradients, parameters, batches.

A test cell opens one `Report`, states one claim a `with` block, and ends with `report()`:

    check = Report("test-kl")
    with check("the KL term is 0 when the posterior is the prior"):
        check_values(kl, 0.0, "the KL term")
    check.report()

Every `check_...` function returns None when all is well and raises `Failed` with a sentence that
says what was seen, what was expected and, where it can tell, which mistake that looks like.
Checks of random numbers are in `helpers.checks.statistics`.
"""

import math
import os
import traceback

import torch

UNSOLVED = "not implemented yet: replace the line `raise NotImplementedError` with your answer"


class Failed(AssertionError):  # noqa: N818  (students read it as a result, not as an error of ours)
    """A claim about the student's code does not hold; the message is written for the student."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the message, since the cell's code is ours."""
        return str(self).splitlines()


class Report:
    """Collects the failures of one test cell, so that all of them are told and not just the first.

    Each claim runs with torch's random numbers seeded anew, and leaves the student's own random
    stream where it was.

    Args:
        name: the test cell's name.
        seed: fixes the random numbers; by default they come fresh from the operating system, and
            a failure prints the seed that reproduces it.
    """

    def __init__(self, name: str, seed: int | None = None):
        self.name = name
        self.seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
        self.failures: list[str] = []
        self._claim = ""
        self._claims = 0

    def __call__(self, claim: str) -> "Report":
        self._claim = claim
        return self

    def __enter__(self) -> None:
        self._random = torch.random.fork_rng()
        self._random.__enter__()
        torch.manual_seed(self.seed + self._claims)
        self._claims += 1

    def __exit__(self, kind, error, trace) -> bool:
        self._random.__exit__(None, None, None)
        if error is None:
            return False
        if not isinstance(error, Exception | SystemExit):
            return False  # a student who presses "interrupt" means it
        if isinstance(error, NameError) and self.failures:
            return True  # a name that a failed claim should have defined: no news
        sentence = explain(error)
        if not isinstance(error, NameError | NotImplementedError):
            sentence = f"{self._claim}: {sentence}"
        if sentence not in self.failures:
            self.failures.append(sentence)
        return True

    def report(self) -> None:
        """Prints that all is well, or raises `Failed` with every failure, one a line."""
        if not self.failures:
            print(f"{self.name}: passed")
        elif len(self.failures) == 1:
            unsolved = "not implemented yet" in self.failures[0]
            seed = "" if unsolved else f" (seed {self.seed})"
            raise Failed(f"{self.name}: {self.failures[0]}{seed}")
        else:
            lines = [f"- {sentence}" for sentence in self.failures]
            raise Failed("\n".join([f"{self.name}: (seed {self.seed})", *lines]))


def explain(error: BaseException) -> str:
    """Says in one sentence what an exception raised by the student's code means for them."""
    if isinstance(error, Failed):
        return str(error)
    if isinstance(error, NotImplementedError):
        return UNSOLVED
    if isinstance(error, NameError) and error.name:
        return (
            f"`{error.name}` is not defined: not implemented yet, or its cell stopped with an error"
        )
    told = getattr(error, "student_error", None)
    if told is None:
        told = f"{type(error).__name__}: {error}".strip(": ")
        if frames := traceback.extract_tb(error.__traceback__):
            last = frames[-1]
            told += f" (line {last.lineno} of `{last.name}`: `{last.line}`)"
    return f"your code stopped with {told}"


def either(first, second):
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


def as_rows(steps, like: torch.Tensor) -> torch.Tensor:
    """Tensors of one size as rows of numbers, (n, like.numel()), whatever form they come in.

    Args:
        steps: n tensors or arrays of like.numel() values each, in a list or in one tensor.
    """
    try:
        if isinstance(steps, list | tuple):
            steps = torch.stack([torch.as_tensor(step) for step in steps])
        return torch.as_tensor(steps).detach().reshape(-1, like.numel())
    except (TypeError, ValueError, RuntimeError):
        kind, one = type(steps).__name__, tuple(like.shape)
        seen = f"has shape {tuple(steps.shape)}" if hasattr(steps, "shape") else f"is a {kind}"
        raise Failed(f"the result {seen}; expected tensors of shape {one}.") from None


def check_tensor(value, what: str) -> None:
    """Fails unless `value` is a torch tensor (of any shape, dtype and device)."""
    if not isinstance(value, torch.Tensor):
        raise Failed(f"{what} is of type `{type(value).__name__}`; expected a torch tensor.")


def check_shape(tensor, shape, what: str, mistakes: dict | None = None) -> None:
    """Fails unless `tensor` is a tensor of exactly this shape.

    Args:
        mistakes: sentence -> the shape that this mistake gives; a match is named in the message.
    """
    check_tensor(tensor, what)
    if (seen := tuple(tensor.shape)) != tuple(shape):
        likely = [f": {text}" for text, other in (mistakes or {}).items() if seen == tuple(other)]
        raise Failed(f"{what} has shape {seen}; expected {tuple(shape)}{''.join(likely[:1])}.")


def check_range(tensor, low: float, high: float, what: str) -> None:
    """Fails unless every value is a number within [low, high]."""
    check_finite(tensor, what)
    if tensor.numel() and (tensor.min() < low or tensor.max() > high):
        seen = f"{tensor.min().item():.3g} to {tensor.max().item():.3g}"
        raise Failed(f"{what} takes values from {seen}; expected {low:g} to {high:g}.")


def check_finite(tensor, what: str) -> None:
    """Fails where a tensor holds nan or an infinity."""
    check_tensor(tensor, what)
    if not torch.isfinite(tensor.detach()).all():
        raise Failed(f"{what} holds nan or inf: look for log(0), a division by 0, or exp of a lot.")


def check_values(
    actual,
    expected,
    what: str,
    mistakes: dict | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-4,
) -> None:
    """Fails unless `actual` equals `expected` up to rounding, element by element.

    Args:
        actual: tensor or number from the student's code.
        expected: tensor or number; a number stands for a tensor of any shape.
        what: names the value in the message, such as "the KL term".
        mistakes: sentence -> the value that this mistake gives; a match is named in the message.
        rtol, atol: as in `torch.isclose`; room for another order of float32 sums.
    """
    actual = torch.as_tensor(actual).detach().cpu().double()
    if _close(actual, expected, rtol, atol):
        return
    for sentence, value in (mistakes or {}).items():
        if _close(actual, value, rtol, atol):
            raise Failed(f"{what} is {_show(actual)}; expected {_show(expected)}: {sentence}.")
    raise Failed(f"{what} is {_show(actual)}; expected {_show(expected)}.")


def _close(actual, expected, rtol, atol) -> bool:
    expected = torch.as_tensor(expected).detach().cpu().double()
    if expected.dim() and actual.shape != expected.shape:
        return False
    return torch.isclose(actual, expected.expand_as(actual), rtol, atol).all().item()


def _show(value) -> str:
    value = torch.as_tensor(value).detach()
    numbers = [f"{number:.5g}" for number in value.flatten()[:6].tolist()]
    if 0 < value.numel() <= len(numbers):
        return numbers[0] if value.numel() == 1 else f"({', '.join(numbers)})"
    if value.numel() and (value == value.flatten()[0]).all():
        return f"{numbers[0]} everywhere"
    return f"a tensor of shape {tuple(value.shape)} with mean {value.double().mean().item():.4g}"


def check_unchanged(before, after, what: str) -> None:
    """Fails when a function has changed its argument in place."""
    if not torch.equal(before, after):
        raise Failed(
            f"{what} was changed by the call: work on a new tensor (no `+=`, no `add_`, `exp_`, "
            "`clamp_` on an argument)."
        )


def check_gradient(tensor, what: str, causes: str) -> None:
    """Fails unless the tensor is part of an autograd graph; `causes` says what may have cut it."""
    check_tensor(tensor, what)
    if not tensor.requires_grad:
        raise Failed(f"{what} has no gradient: {causes}.")


def check_parameters_used(model, output) -> None:
    """Fails when a trainable parameter has no part in `output(model)`.

    Args:
        model: an `nn.Module`; its gradients are cleared before and after.
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


def check_batch_independence(function, batch: torch.Tensor, what: str) -> None:
    """Fails when what a batch member becomes depends on its neighbours or on its place.

    Args:
        function: tensor (N, ...) -> tensor (N, ...), deterministic, the model in eval mode.
        batch: N >= 3 different inputs.
    """
    whole = function(batch).detach()
    if whole.shape[:1] != batch.shape[:1]:
        raise Failed(f"{what}: {len(batch)} inputs gave {len(whole)} outputs.")
    order = torch.randperm(len(batch))
    scale = whole.abs().max().item() + 1e-6
    turned = (function(batch[order]).detach() - whole[order]).abs().max().item()
    single = (function(batch[:1]).detach() - whole[:1]).abs().max().item()
    if not max(turned, single) <= 1e-3 * scale:  # nan fails as well
        raise Failed(
            f"{what} changes when the same input comes in another batch: the members of a batch "
            "must not influence each other (look at view/reshape, at means over the batch, and "
            "at train/eval mode)."
        )


def as_tensor(value, what: str) -> torch.Tensor:
    """A tensor, an array or nested lists of numbers as a tensor; fails for anything else."""
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise Failed(
            f"{what} is of type `{type(value).__name__}`; expected a torch tensor."
        ) from None


def as_floats(values, what: str) -> list[float]:
    """A recorded curve as plain floats.

    Raises:
        Failed: when it isn't a list of numbers, or holds nan.
    """
    try:
        floats = [v.item() if isinstance(v, torch.Tensor) else float(v) for v in values]
    except (TypeError, ValueError, RuntimeError):
        raise Failed(f"{what} is not a list of numbers.") from None
    if any(math.isnan(v) or math.isinf(v) for v in floats):
        raise Failed(f"{what} holds nan or inf: the training has diverged.")
    return floats
