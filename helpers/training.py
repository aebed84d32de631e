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
import sys
import time
from functools import wraps
from numbers import Real

import torch
from tqdm.std import tqdm as plain_tqdm

EVERY = 10  # a History keeps the 1st, 11th, 21st ... batch


def autograding():
    """True while nbgrader executes the notebook (autograde or validate)."""
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def watched():
    """True if a person watches: False in any run that only executes the notebook.

    A front end tells with each cell whether somebody is there who could answer input(); nbgrader,
    nbconvert and nbval say no. Bars and sliders that nobody sees would be stored as dead widgets.
    """
    if autograding():
        return False
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython and ipython.get_ipython(), "kernel", None)
    request = kernel.get_parent() if hasattr(kernel, "get_parent") else {}
    return (request or {}).get("content", {}).get("allow_stdin", True)


def progress_bar(total=None, quiet=False, **options):
    """A tqdm bar for a notebook or a terminal; none is drawn where nobody watches, nor if quiet."""
    if quiet or not watched():
        return plain_tqdm(total=total, disable=True)
    from tqdm.auto import tqdm  # noqa: PLC0415  (it brings ipywidgets along)

    return tqdm(total=total, **options)


def epochs(loader, number, quiet=False, history=None):
    """Go through `loader` `number` times under one progress bar: yields (epoch, batches).

    epoch counts from 1; batches is to be iterated over once and yields what `loader` yields. With
    `history` the bar shows the last recorded loss terms, renewed once an epoch.

    While nbgrader executes the notebook, the environment variable COURSE_TRAINING_SECONDS limits
    the whole run: each epoch may use its fair share of the seconds that are left, and ends after
    the batch in which the share is used up (so never before its first batch). One printed line
    then says so.

    Raises TypeError for an iterator, such as zip(...), which is used up after one epoch.
    """
    if iter(loader) is loader:
        raise TypeError(
            f"epochs needs something that can be read {number} times, but a "
            f"{type(loader).__name__} is used up after one epoch: pass a DataLoader"
        )
    deadline = _deadline()
    total = number * len(loader) if hasattr(loader, "__len__") else None
    cut = False
    with progress_bar(total, quiet, desc="training") as bar:
        for epoch in range(1, number + 1):
            bar.set_description(f"epoch {epoch} of {number}")
            run = _Epoch(loader, bar, deadline, share=1 / (number - epoch + 1))
            yield epoch, iter(run)
            cut = cut or run.cut
            if history is not None and not bar.disable:
                bar.set_postfix({name: values[-1] for name, values in history.items() if values})
    if cut:
        limit = os.environ["COURSE_TRAINING_SECONDS"]
        print(f"Training was cut short to keep to the {limit} seconds that grading allows for it.")


class _Epoch:
    """One pass through the loader that ends early when its share of the time left is used up."""

    def __init__(self, loader, bar, deadline, share):
        self.loader, self.bar, self.cut = loader, bar, False
        now = time.monotonic()
        self.end = None if deadline is None else now + max(0.0, deadline - now) * share

    def __iter__(self):
        for batch in self.loader:
            # Asked before the batch after the one that used the time up: the last batch is no cut.
            if self.cut:
                return
            yield batch
            self.bar.update()
            self.cut = self.end is not None and time.monotonic() >= self.end
        self.cut = False


def _deadline():
    """The time.monotonic() at which a graded run has to end, or None."""
    seconds = os.environ.get("COURSE_TRAINING_SECONDS")
    if not seconds or not autograding():
        return None
    try:
        return time.monotonic() + float(seconds)
    except ValueError:
        raise ValueError(
            f"COURSE_TRAINING_SECONDS is {seconds!r}; it must be a number of seconds, such as 60"
        ) from None


class History(dict):
    """The loss terms of a run: {name: list of floats}, per image, one value every 10 batches.

    History("neg_elbo", "recon", "kl") starts with three empty lists. To every reader it is a plain
    dict of lists of floats. What is recorded stays a tensor, wherever it was computed, until
    somebody reads: making it a float at once would let the program wait for the GPU in the loop.
    """

    def __new__(cls, *names):
        # Here rather than in __init__, which copying and unpickling pass by.
        self = super().__new__(cls)
        self._batches = 0
        self._pending = []  # (name, 0-d tensor or float, number of images), not read yet
        return self

    def __init__(self, *names):
        if not names or not all(isinstance(name, str) for name in names):
            raise TypeError('name the loss terms that you will record, such as History("mse")')
        super().__init__({name: [] for name in names})

    def record(self, count, **terms):
        """Record one batch of `count` images: call it once a batch.

        terms: for each name that the History was made with, a 0-d tensor (or a number): the loss
        term summed over the batch. The 1st, 11th, 21st ... call keeps term / count.
        Raises ValueError if a name is missing or unknown, a term is no single number, or count < 1.
        """
        expected = dict.keys(self)
        if terms.keys() != expected:
            raise ValueError(
                f"this history records {', '.join(expected)}, but record(...) was given "
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
                # A copy without its graph: keeps no activations alive, survives `loss /= count`.
                kept = term.detach().clone() if isinstance(term, torch.Tensor) else float(term)
                self._pending.append((name, kept, count))
        self._batches += 1

    def plot(self, **options):
        """Draw the recorded terms; options and result as of `helpers.plots.loss_curves`."""
        from helpers.plots import loss_curves  # noqa: PLC0415  (matplotlib only where it is wanted)

        return loss_curves(self, every=EVERY, **options)

    def __getstate__(self):
        return {"_batches": self._batches, "_pending": []}  # a copy's own list

    def _settle(self):
        """Turn what was recorded since the last reading into floats."""
        pending, self._pending = self._pending, []
        for name, term, count in pending:
            number = term.item() if isinstance(term, torch.Tensor) else term
            dict.__getitem__(self, name).append(number / int(count))


def _settles_first(method):
    @wraps(method)
    def read(self, *arguments, **options):
        for history in (self, *arguments):  # both sides of a comparison
            if isinstance(history, History):
                history._settle()
        return method(self, *arguments, **options)

    return read


# Whatever way a dict can be read or changed, first the tensors that wait become floats.
# Overriding __iter__ also makes dict(history), {**history} and f(**history) take these ways.
_WAYS = """
    __getitem__ __setitem__ __delitem__ __iter__ __reversed__ __eq__ __ne__ __or__ __ror__ __ior__
    __repr__ __reduce_ex__ get items keys values copy pop popitem setdefault update clear
"""
for _name in _WAYS.split():
    setattr(History, _name, _settles_first(getattr(dict, _name)))
