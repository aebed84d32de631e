"""What a test cell came to: the claims that it stated, and how their failures are told."""

import linecache
import os
import re
import sys
import textwrap
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, TypeVar, cast, overload

import torch

from helpers.checks import devices
from helpers.claims import LISTENERS, Claim, MisuseError
from helpers.devices import home

T = TypeVar("T")

UNSOLVED = "not implemented yet: replace the line `raise NotImplementedError` with your answer"
TO_THE_END = "the test cell runs to its end"  # what a statement between two claims can break
NO_GRADIENT = "no gradient"  # the cause of what fails where an autograd graph is cut
VALIDATED_WIDTH = 80  # `nbgrader validate` cuts what is longer than 83

# Part of what torch says, to what it means for the student, and the cause.
WORDS_OF_TORCH = {
    "does not require grad": (
        "no gradient arrives: did .item(), float(), detach, .data, numpy or no_grad cut it off?",
        NO_GRADIENT,
    ),
    "device type tensor to numpy": (
        "NumPy can't read the GPU: write `.detach().cpu().numpy()`, and bring what comes of it "
        "back with `.to(x.device)` for a tensor x that was given",
        "NumPy",
    ),
    "device type for generator but found": (
        "a random generator draws on its own device alone: make it with `torch.Generator(device)`",
        "generator",
    ),
}
# In a sentence: a number that is no part of a name; and where the student's code stopped.
_NUMBER = re.compile(r"(?<![\w.])-?(\d+(\.\d+)?(e[+-]?\d+)?|nan|inf)\b")
_STOPPED = re.compile(r"(your code stopped with \w+).*( \(line \d+ of .*\))", re.S)


class Failed(AssertionError):  # noqa: N818  (students read it as a result, not as an error of ours)
    """A claim about the student's code does not hold; the message is written for the student.

    Args:
        message: a sentence.
        cause: the mistake that it comes from, in any words. Of the failures of one cell with the
            same cause, one is told and the others are counted. Without it, sentences that differ
            in nothing but numbers count as one.
        vague: the message says what was seen and can't tell why. It counts as one of those that
            can, where another failure of the cell names its cause.
    """

    def __init__(self, message: str = "", *, cause: str = "", vague: bool = False):
        super().__init__(message)
        self.cause, self.vague = cause, vague

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the message, since the cell's code is ours."""
        lines = str(self).splitlines()
        if os.environ.get("NBGRADER_EXECUTION") != "validate":
            return lines
        return [part for line in lines for part in textwrap.wrap(line, VALIDATED_WIDTH)]


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
        flags: why a human should look at the answer, whatever it earns.
        listeners: each is called with every report when its block is entered.
    """

    listeners: ClassVar[list[Callable[["Report"], None]]] = LISTENERS

    def __init__(self, name: str, seed: int | None = None):
        self.name = name
        self.seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
        self.claims: list[Claim] = []
        self.flags: list[str] = []
        self._failures: list[_Failure] = []
        self._cell: _Cell | None = None  # only while the block runs
        self._unused: list[str] = []  # claims made for `with` and not entered yet
        self._seeds_used = 0

    @property
    def failures(self) -> tuple[str, ...]:
        """What is told of the claims that failed: each cause once, and how many have it."""
        named = next((failure.cause for failure in self._failures if failure.named), "")
        alike: dict[str, list[_Failure]] = {}
        for failure in self._failures:
            cause = named if named and failure.vague else failure.cause
            alike.setdefault(cause, []).append(failure)
        return tuple(_told(failures) for failures in alike.values())

    @property
    def earned(self) -> float | None:
        """The points of the claims that held; 0 where a claim without points of its own failed.

        None where no claim carries points: then the cell is passed or failed as a whole. A claim
        that is stated twice, in the same words, earns its points once, if it holds both times.
        """
        worth = self._worth
        failed = {claim.text for claim in self.claims if not claim.held}
        if not worth:
            return None
        if failed - worth.keys():
            return 0.0
        return sum((points for text, points in worth.items() if text not in failed), 0.0)

    @property
    def _worth(self) -> dict[str, float]:
        """The claims with points of their own, and their points."""
        return {claim.text: claim.points for claim in self.claims if claim.points is not None}

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
            points: what the claim earns by itself, once however often it is stated; None: every
                point of the cell needs it.

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

    def flag(self, why: str) -> None:
        """Asks for a human to look at the answer, which costs it nothing.

        For what is better than an honest answer can be, say. A student's notebook doesn't show it.

        Args:
            why: a sentence for whoever grades.
        """
        self.flags.append(why)

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
        failure = _Failure.of(text, error, self._cell)
        self.claims.append(Claim(text, False, failure.sentence, points))
        self._failures.append(failure)

    def _tell(self) -> None:
        """Prints that all is well, or raises `Failed`."""
        if not self._failures:
            print(f"{self.name}: passed")
            return
        first, *more = self.failures
        if more:
            lines = [f"{self.name}: (seed {self.seed})", *(f"- {told}" for told in (first, *more))]
        else:
            seed = "" if "not implemented yet" in first else f" (seed {self.seed})"
            lines = [f"{self.name}: {first}{seed}"]
        if self.earned:
            lines.append(f"earned {self.earned:g} of {sum(self._worth.values()):g} points")
        raise Failed("\n".join(lines)) from None


class _Failure(NamedTuple):
    """A claim that failed.

    claim: its text, "" where the sentence speaks for itself; cause: two with the same one are told
    as one; named: it was given in words, and stands for what is vague as well.
    """

    claim: str
    sentence: str
    cause: str
    named: bool = False
    vague: bool = False

    @classmethod
    def of(cls, claim: str, error: BaseException, cell: "_Cell | None") -> Self:
        """What an error, raised while a claim was checked, means."""
        sentence = explain(error, cell)
        if isinstance(error, NameError | NotImplementedError):
            return cls("", sentence, sentence)
        claim = "" if claim == TO_THE_END else claim
        cause = error.cause if isinstance(error, Failed) else _translated(error, cell)[1]
        vague = isinstance(error, Failed) and error.vague
        if cause:
            return cls(claim, sentence, cause, not vague, vague)
        if stopped := _STOPPED.fullmatch(sentence):
            return cls(claim, sentence, "".join(stopped.groups()))
        return cls(claim, sentence, _NUMBER.sub("#", sentence), vague=vague)


def _told(failures: list[_Failure]) -> str:
    """Failures of one cause in one sentence; the first that isn't vague speaks for all."""
    first = min(failures, key=lambda failure: failure.vague)
    sentence = f"{first.claim}: {first.sentence}" if first.claim else first.sentence
    others = len(failures) - 1
    if not others or sentence == first.cause:  # what is unsolved fails everywhere
        return sentence
    return f"{sentence} (and {others} more check{'s' * (others > 1)} for the same reason)"


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
        # Of all GPUs only the notebook's own: the others may be somebody else's.
        device = home()
        numbers = [] if device.type == "cpu" else [device.index or 0]
        self._random = torch.random.fork_rng(numbers, device_type=device.type)
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
        return ended(str(error))
    if isinstance(error, NotImplementedError):
        return UNSOLVED
    told = getattr(error, "student_error", None)
    place = _where(error, cell) if cell else ""
    if isinstance(error, NameError) and error.name and not (told or place):
        return (
            f"`{error.name}` is not defined: not implemented yet, or its cell stopped with an error"
        )
    if told is None:
        if meaning := _translated(error, cell)[0]:
            return meaning + place
        told = f"{type(error).__name__}: {error}".strip(": ") + place
    return f"your code stopped with {told}"


def ended(sentence: str) -> str:
    """A sentence with one mark at its end: a full stop, unless it has one of its own."""
    sentence = sentence.rstrip()
    while sentence.endswith(("?.", "!.", "..")) and not sentence.endswith("..."):
        sentence = sentence[:-1]
    return sentence if sentence.endswith((".", "?", "!", "…")) else f"{sentence}."


def _translated(error: BaseException, cell: _Cell | None) -> tuple[str, str]:
    """What an error of torch's means for the student, and its cause; "" where nobody knows."""
    if devices.refused(error):
        stop = _stop(error, cell) if cell else None
        frame, line = (stop.tb_frame, _line(stop)) if stop else (None, "")
        meaning = devices.meeting(frame, line, stop or error.__traceback__)
        return meaning, devices.TWO_DEVICES
    known = (told for words, told in WORDS_OF_TORCH.items() if words in str(error))
    return next(known, ("", ""))


def _where(error: BaseException, cell: _Cell) -> str:
    """The student's line that an error went through last, in brackets; "" where there is none."""
    if stop := _stop(error, cell):
        name = stop.tb_frame.f_code.co_qualname
        return f" (line {stop.tb_lineno} of `{name}`: `{_line(stop)}`)"
    return ""


def _stop(error: BaseException, cell: _Cell) -> TracebackType | None:
    """Where an error went through the student's code last.

    A student's code has the names of the notebook that the test cell is in, and was compiled from
    another cell of it, whose text IPython keeps.
    """
    found, trace = None, error.__traceback__
    while trace:
        frame = trace.tb_frame
        theirs = frame.f_globals is cell.names and frame.f_code.co_filename != cell.file
        if theirs and _line(trace):
            found = trace
        trace = trace.tb_next
    return found


def _line(trace: TracebackType) -> str:
    return linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno).strip()
