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

import linecache
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, TypeVar, cast, overload

import torch
from torch import Tensor, nn

from helpers.claims import Claim

T = TypeVar("T")

UNSOLVED = "not implemented yet: replace the line `raise NotImplementedError` with your answer"
TO_THE_END = "the test cell runs to its end"  # what a statement between two claims can break


class Failed(AssertionError):  # noqa: N818  (students read it as a result, not as an error of ours)
    """A claim about the student's code does not hold; the message is written for the student."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the message, since the cell's code is ours."""
        return str(self).splitlines()


class MisuseError(RuntimeError):
    """A test cell is written in a way that might pass anybody; the message is for its author."""


class Report:
    """Collects the failures of one test cell, so that all of them are told and not just the first.

        with Report("test-kl") as check:
            check("a mean of 2 costs 2 nats per latent feature", kl_is, vae_loss, 2.0)

    At the end of the block it prints that all is well, or raises `Failed` with every failure, one a
    line. A statement outside of any claim that stops with an error is a failure, too, and the last.

    Each claim runs with torch's random numbers seeded anew, and leaves the student's own random
    stream where it was.

    Args:
        name: the test cell's name.
        seed: fixes the random numbers; by default they come fresh from the operating system, and
            a failure prints the seed that reproduces it.

    Attributes:
        claims: every claim that was stated so far, in their order.
        listeners: each is called with every report when its block is entered.
    """

    listeners: ClassVar[list[Callable[["Report"], None]]] = []

    def __init__(self, name: str, seed: int | None = None):
        self.name = name
        self.seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
        self.claims: list[Claim] = []
        self._failures: list[str] = []  # as they are told: no sentence twice
        self._cell: _Cell | None = None  # only while the block runs
        self._unused: list[str] = []  # claims made for `with` and not entered yet
        self._seeds_used = 0

    @property
    def failures(self) -> tuple[str, ...]:
        """What is told of the claims that failed: each sentence once."""
        return tuple(self._failures)

    @property
    def earned(self) -> float | None:
        """The points of the claims that held; 0 where a claim without points of its own failed.

        None where no claim carries points: then the cell is passed or failed as a whole.
        """
        if all(claim.points is None for claim in self.claims):
            return None
        if any(claim.points is None and not claim.held for claim in self.claims):
            return 0.0
        return sum((claim.points or 0.0 for claim in self.claims if claim.held), 0.0)

    @overload
    def __call__(self, claim: str, *, points: float | None = None) -> "_Block": ...

    @overload
    def __call__(
        self,
        claim: str,
        function: Callable[..., T],
        *arguments: Any,
        points: float | None = None,
        **options: Any,
    ) -> T: ...

    def __call__(
        self,
        claim: str,
        function: Callable[..., T] | None = None,
        *arguments: Any,
        points: float | None = None,
        **options: Any,
    ) -> "T | _Block":
        """States a claim: `function(*arguments, **options)` raises an error where it doesn't hold.

        Args:
            claim: what is claimed, in words.
            function: how it is checked. Without one, the claim is the block of a `with` statement:
                `with check("..."):`.
            points: what the claim earns by itself; None: every point of the cell needs it.

        Returns:
            What the function returns; after a failure something that keeps silent about whatever
            depends on it.

        Raises:
            MisuseError: outside of the report's own `with` block.
        """
        block = _Block(self, claim, points)
        if function is None:
            self._unused.append(claim)
            return block
        result = cast(T, _Missing())
        with block:
            result = function(*arguments, **options)
        return result

    def __enter__(self) -> Self:
        frame = sys._getframe(1)
        self._cell = _Cell(frame.f_globals, frame.f_code.co_filename)
        for listener in self.listeners:
            listener(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failed = error is not None and self._failure(error)
        if error is not None and failed:
            self._keep(TO_THE_END, error, None)
        self._cell = None
        if error is None and self._unused:
            raise MisuseError(
                f"check({self._unused[0]!r}) states nothing: pass the function that checks it, or "
                "write `with check(...):`"
            )
        if error is None or failed:
            self._tell()

    def _failure(self, error: BaseException) -> bool:
        """Whether an error says something of the student's code, and is no end of the whole test.

        A student who presses "interrupt" means it; a module that the test cell can't import, and a
        `MisuseError`, are mistakes of its author.
        """
        if isinstance(error, ImportError):
            return bool(self._cell and _where(error, self._cell)) or hasattr(error, "student_error")
        return isinstance(error, Exception | SystemExit) and not isinstance(error, MisuseError)

    def _keep(self, text: str, error: BaseException | None, points: float | None) -> None:
        """Keeps what came of a claim."""
        if error is None:
            self.claims.append(Claim(text, True, points=points))
            return
        if isinstance(error, NameError) and self._failures:
            # A name that a failed claim should have defined: no news.
            self.claims.append(Claim(text, False, points=points))
            return
        sentence = explain(error, self._cell)
        self.claims.append(Claim(text, False, sentence, points))
        if text != TO_THE_END and not isinstance(error, NameError | NotImplementedError):
            sentence = f"{text}: {sentence}"
        if sentence not in self._failures:
            self._failures.append(sentence)

    def _tell(self) -> None:
        """Prints that all is well, or raises `Failed`."""
        if not self._failures:
            print(f"{self.name}: passed")
            return
        first, *more = self._failures
        if more:
            lines = [f"{self.name}: (seed {self.seed})", *(f"- {told}" for told in (first, *more))]
        else:
            seed = "" if "not implemented yet" in first else f" (seed {self.seed})"
            lines = [f"{self.name}: {first}{seed}"]
        if self.earned:
            whole = sum(claim.points or 0.0 for claim in self.claims)
            lines.append(f"earned {self.earned:g} of {whole:g} points")
        raise Failed("\n".join(lines)) from None


class _Cell(NamedTuple):
    """The test cell that a report is written in."""

    names: dict[str, Any]
    file: str  # the name that its code was compiled under


class _Block:
    """One claim: what happens in its `with` statement states it."""

    def __init__(self, report: Report, text: str, points: float | None):
        self._report, self._text, self._points = report, text, points
        self._check_use()

    def _check_use(self) -> None:
        if self._report._cell is None:
            raise MisuseError("write `with Report(...) as check:`, and state every claim inside")

    def __enter__(self) -> None:
        self._check_use()
        report = self._report
        if self._text in report._unused:
            report._unused.remove(self._text)
        self._random = torch.random.fork_rng()
        self._random.__enter__()
        torch.manual_seed(report.seed + report._seeds_used)
        report._seeds_used += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._random.__exit__(None, None, None)
        if error is not None and not self._report._failure(error):
            return False
        self._report._keep(self._text, error, self._points)
        return True


def _no_news(*_: object, **__: object) -> NoReturn:
    raise NameError("an earlier claim failed")


# All that a statement, an operator, a built-in function, NumPy or torch asks an object for.
_WAYS = """
    getattr setattr delattr call iter next reversed len contains getitem setitem delitem
    enter exit bool int float complex index hash str format round trunc floor ceil
    eq ne lt le gt ge neg pos abs invert
    add sub mul matmul truediv floordiv mod divmod pow and or xor lshift rshift
    radd rsub rmul rmatmul rtruediv rfloordiv rmod rdivmod rpow rand ror rxor rlshift rrshift
    array array_ufunc array_function
"""
# The result of a claim that failed: whoever uses it fails as well, which is no news.
_Missing = type(
    "_Missing",
    (),
    {f"__{way}__": _no_news for way in _WAYS.split()}
    | {"__torch_function__": classmethod(_no_news)}
    | {"__class__": property(_no_news)},  # isinstance(value, ...) asks for it
)


def explain(error: BaseException, cell: _Cell | None = None) -> str:
    """Says in one sentence what an exception raised by the student's code means for them.

    Args:
        error: where it has an attribute `student_error`, that says which error it was and where.
        cell: the test cell; with it the sentence names the student's own line, if there is one.
    """
    if isinstance(error, Failed):
        return str(error)
    if isinstance(error, NotImplementedError):
        return UNSOLVED
    told = getattr(error, "student_error", None)
    place = _where(error, cell) if cell else ""
    if isinstance(error, NameError) and error.name and not (told or place):
        return (
            f"`{error.name}` is not defined: not implemented yet, or its cell stopped with an error"
        )
    if told is None:
        told = f"{type(error).__name__}: {error}".strip(": ") + place
    return f"your code stopped with {told}"


def _where(error: BaseException, cell: _Cell) -> str:
    """The student's line that an error went through last, in brackets; "" where there is none.

    A student's code has the names of the notebook that the test cell is in, and was compiled from
    another cell of it, whose text IPython keeps.
    """
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        code = frame.f_code
        if frame.f_globals is not cell.names or code.co_filename == cell.file:
            continue
        if text := linecache.getline(code.co_filename, number).strip():
            return f" (line {number} of `{code.co_name}`: `{text}`)"
    return ""


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

    Args:
        steps: n tensors or arrays of like.numel() values each, in a list or in one tensor.

    Raises:
        Failed: when they are not of that size.
    """
    try:
        if isinstance(steps, list | tuple):
            steps = torch.stack([torch.as_tensor(step) for step in steps])
        return torch.as_tensor(steps).detach().reshape(-1, like.numel())
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
        likely = [f": {text}" for text, other in (mistakes or {}).items() if seen == tuple(other)]
        raise Failed(f"{what} has shape {seen}; expected {tuple(shape)}{''.join(likely[:1])}.")


def check_range(tensor: Any, low: float, high: float, what: str) -> None:
    """Fails unless every value is a number within [low, high]."""
    check_finite(tensor, what)
    if tensor.numel() and (tensor.min() < low or tensor.max() > high):
        seen = f"{tensor.min().item():.3g} to {tensor.max().item():.3g}"
        raise Failed(f"{what} takes values from {seen}; expected {low:g} to {high:g}.")


def check_finite(tensor: Any, what: str) -> None:
    """Fails where a tensor holds nan or an infinity."""
    check_tensor(tensor, what)
    if not torch.isfinite(tensor.detach()).all():
        raise Failed(f"{what} holds nan or inf: look for log(0), a division by 0, or exp of a lot.")


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
        raise Failed(f"{what} has no gradient: {causes}.")


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


def check_batch_independence(
    function: Callable[[Tensor], Tensor], batch: Tensor, what: str
) -> None:
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


def as_tensor(value: Any, what: str) -> Tensor:
    """A tensor, an array or nested lists of numbers as a tensor; fails for anything else."""
    try:
        return torch.as_tensor(value)
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
    if any(math.isnan(v) or math.isinf(v) for v in floats):
        raise Failed(f"{what} holds nan or inf: the training has diverged.")
    return floats
