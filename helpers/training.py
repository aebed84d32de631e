"""What a training loop needs besides the lesson: a progress bar, a time budget, a loss record.

The loop itself stays yours:

    history = History("mse")
    for epoch, batches in epochs(train_loader, 3, history=history):
        for images, _ in batches:
            optimizer.zero_grad()
            loss = ...                      # summed over the batch
            loss.backward()
            optimizer.step()
            history.record(len(images), mse=loss)
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from numbers import Real
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from tqdm.std import tqdm as plain_tqdm

from helpers.session import autograding, watched

if TYPE_CHECKING:
    from helpers.plots.picture import Picture

T = TypeVar("T")

EVERY = 10  # a History keeps the 1st, 11th, 21st ... batch
PATIENCE = 10  # seconds of waiting that cost a graded run as much as one second of computing


def progress_bar(total: int | None = None, quiet: bool = False, **options: Any) -> Any:
    """A tqdm bar for a notebook or a terminal; none is drawn where nobody watches, nor if quiet.

    Args:
        total: how many steps there are, None where that isn't known.
        options: as of `tqdm.tqdm`.
    """
    if quiet or not watched():
        return plain_tqdm(total=total, disable=True)
    # It brings ipywidgets along.
    from tqdm.auto import tqdm  # noqa: PLC0415

    return tqdm(total=total, **options)


def epochs(
    loader: Iterable[T],
    number: int,
    quiet: bool = False,
    history: Mapping[str, Sequence[float]] | None = None,
) -> Iterator[tuple[int, Iterator[T]]]:
    """Go through `loader` `number` times under one progress bar: yields (epoch, batches).

    epoch counts from 1; batches is to be iterated over once and yields what `loader` yields. With
    `history` the bar shows the last recorded loss terms, renewed once an epoch.

    While nbgrader executes the notebook, the environment variable COURSE_TRAINING_SECONDS limits
    the whole run: each epoch may use its fair share of the seconds that are left, and ends after
    the batch in which the share is used up (so never before its first batch). One printed line
    then says so. These are seconds of processor time, of all threads of this process together: a
    machine that does other things as well takes longer and cuts nothing. What the program waits
    for (a GPU, worker processes of a DataLoader, other programs) is no time of its processor; all
    together it may take ten times the seconds by the clock on the wall.

    Raises:
        TypeError: for an iterator, such as zip(...), which is used up after one epoch.
        ValueError: where COURSE_TRAINING_SECONDS is no number.
    """
    if iter(loader) is loader:
        raise TypeError(
            f"epochs needs something that can be read {number} times, but a "
            f"{type(loader).__name__} is used up after one epoch: pass a DataLoader"
        )
    seconds, clock = _budget(), _clock()
    total = number * len(loader) if isinstance(loader, Sized) else None
    cut = False
    with progress_bar(total, quiet, desc="training") as bar:
        for epoch in range(1, number + 1):
            bar.set_description(f"epoch {epoch} of {number}")
            now = clock()
            end = None if seconds is None else now + max(0.0, seconds - now) / (number - epoch + 1)
            run = _Epoch(loader, bar, clock, end)
            yield epoch, iter(run)
            cut = cut or run.cut
            if history is not None and not bar.disable:
                bar.set_postfix({name: values[-1] for name, values in history.items() if values})
    if cut:
        print(
            f"Training was cut short to keep to the {seconds:g} seconds of processor time that "
            "grading allows for it."
        )


class _Epoch(Generic[T]):
    """One pass through the loader that ends early when the clock has come to `end`."""

    def __init__(
        self, loader: Iterable[T], bar: Any, clock: Callable[[], float], end: float | None
    ):
        self.loader, self.bar, self.clock, self.end = loader, bar, clock, end
        self.cut = False

    def __iter__(self) -> Iterator[T]:
        for batch in self.loader:
            # Asked before the batch after the one that used the time up: the last batch is no cut.
            if self.cut:
                return
            yield batch
            self.bar.update()
            self.cut = self.end is not None and self.clock() >= self.end
        self.cut = False


def _budget() -> float | None:
    """The seconds that a graded run may take, or None."""
    seconds = os.environ.get("COURSE_TRAINING_SECONDS")
    if not seconds or not autograding():
        return None
    try:
        return float(seconds)
    except ValueError:
        raise ValueError(
            f"COURSE_TRAINING_SECONDS is {seconds!r}; it must be a number of seconds, such as 60"
        ) from None


def _clock() -> Callable[[], float]:
    """A clock that starts at 0: seconds of processor time, or a tenth of those on the wall."""
    computed, began = time.process_time(), time.monotonic()
    return lambda: max(time.process_time() - computed, (time.monotonic() - began) / PATIENCE)


class History(dict[str, list[float]]):
    """The loss terms of a run: {name: list of floats}, per image, one value every 10 batches.

    History("neg_elbo", "recon", "kl") starts with three empty lists.

    Raises:
        TypeError: without names, and for names that are no text.
    """

    def __init__(self, *names: str):
        if not names or not all(isinstance(name, str) for name in names):
            raise TypeError('name the loss terms that you will record, such as History("mse")')
        super().__init__({name: [] for name in names})
        self._batches = 0

    def record(self, count: int, **terms: torch.Tensor | float) -> None:
        """Record one batch of `count` images: call it once a batch.

        The 1st, 11th, 21st ... call keeps term / count; no other call reads its terms, since a
        program that reads from a GPU waits for it.

        Args:
            terms: for each name that the History was made with, a 0-d tensor (or a number): the
                loss term summed over the batch.

        Raises:
            ValueError: if a name is missing or unknown, a term is no single number, or count < 1.
        """
        if terms.keys() != self.keys():
            raise ValueError(
                f"this history records {', '.join(self)}, but record(...) was given "
                f"{', '.join(terms) or 'no term'}"
            )
        if count < 1:
            raise ValueError(f"count is the number of images in the batch; {count} is none")
        for name, term in terms.items():
            if not (term.dim() == 0 if isinstance(term, torch.Tensor) else isinstance(term, Real)):
                what = f"of shape {tuple(term.shape)}" if hasattr(term, "shape") else repr(term)
                raise ValueError(
                    f"{name} is {what}; pass one number, summed over the batch (loss.sum())"
                )
        if self._batches % EVERY == 0:
            for name, term in terms.items():
                number = term.item() if isinstance(term, torch.Tensor) else float(term)
                self[name].append(number / int(count))
        self._batches += 1

    def plot(self, **options: Any) -> "Picture":
        """Draw the recorded terms; options and result as of `helpers.plots.loss_curves`."""
        from helpers.plots import loss_curves  # noqa: PLC0415  (matplotlib only where it is wanted)

        return loss_curves(self, every=EVERY, **options)
