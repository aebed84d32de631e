"""Training: processor seconds of the course's solutions against the pipeline that they replaced."""

import contextlib
import io
import re
import time
from pathlib import Path

import nbformat
import seed
import torch
from torch import nn
from torch.utils.data import Subset

from helpers import training
from helpers.data import load_mnist, loaders

ROOT = Path(__file__).resolve().parents[2]
TASKS = {
    # notebook, cells up to the training, its loss to reach on test digits, most seconds of the seed
    "dae": ("1-denoising/denoising", ("setup", "noise", "dae"), "dae-training", (20.0, 4.67)),
    "vae": ("2-vae/vae", ("setup", "vae-loss", "vae"), "vae-training", (121.02, 110.0, 105.0)),
}
EPOCHS = re.compile(r"\b((?:EPOCHS|number_of_epochs) ?= ?)\d+")  # how a training cell says them
SEED_SECONDS = 90.0  # of processor time, at most; what it hasn't reached by then is told as None
LOOKS = 12  # at the test loss, in an epoch
SHORT_EPOCH = 12_000  # digits, in batches of 32: enough for the VAE to reach the seed's final loss


@torch.no_grad()
def test_loss(task, model, test):
    """Loss per image on the test digits, drawn with the same noise each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        images = test.images
        if task == "vae":
            return seed.vae_step(model, (images, None)).item() / len(images)
        noisy = (images + 0.3 * torch.randn_like(images)).clamp(0, 1)
        return nn.functional.mse_loss(model(noisy), images, reduction="sum").item() / len(images)


class Watch:
    """A clock of processor seconds that stands still while the test loss is looked at."""

    def __init__(self, task, test):
        self.task, self.test, self.looked = task, test, 0.0
        self.curve = []  # (processor seconds, test loss)
        self.start = time.process_time()

    def seconds(self):
        return time.process_time() - self.start - self.looked

    def look(self, model):
        seconds, now = self.seconds(), time.process_time()
        model.eval()
        self.curve.append((round(seconds, 3), test_loss(self.task, model, self.test)))
        model.train()
        self.looked += time.process_time() - now

    def reached(self, loss):
        return next((seconds for seconds, found in self.curve if found <= loss), None)


def data_seconds(loader):
    """Processor seconds that one pass through the loader takes."""
    start = time.process_time()
    for _ in loader:
        pass
    return time.process_time() - start


def of_seed(task, train, test):
    """(data seconds an epoch, seconds an epoch, Watch) of the seed's pipeline."""
    loader = (seed.pair_loader if task == "dae" else seed.loader)(train)
    model, step = (seed.DAE(), seed.dae_step) if task == "dae" else (seed.VAE(), seed.vae_step)
    optimizer = torch.optim.Adam(model.parameters(), lr=seed.LEARNING_RATE)
    data = data_seconds(loader)
    watch, every, number = Watch(task, test), max(1, len(loader) // LOOKS), 0
    epoch = None
    while watch.seconds() < SEED_SECONDS and watch.reached(TASKS[task][3][-1]) is None:
        for batch in loader:
            loss = step(model, batch)
            optimizer.zero_grad()
            (loss / len(batch[0])).backward()
            optimizer.step()
            number += 1
            if number % every == 0:
                watch.look(model)
        epoch = epoch or watch.seconds()
    return data, epoch, watch


def solution(task, train, test, number=None, **options):
    """(the training cell of the source notebook, the names that it finds), for these digits.

    number: of epochs, instead of the notebook's own; options: of `loaders`.
    """
    notebook, before, cell, _ = TASKS[task]
    cells = {c.id: c.source for c in nbformat.read(ROOT / "source" / f"{notebook}.ipynb", 4).cells}
    space = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for name in before:
            exec(cells[name], space)
    space["train_loader"], space["test_loader"] = loaders(train, test, **options)
    training_cell = cells[cell]
    if number:
        training_cell, replaced = EPOCHS.subn(rf"\g<1>{number}", training_cell)
        if replaced != 1:
            raise ValueError(f"{cell} says {replaced} times how many epochs: {EPOCHS.pattern}")
    return training_cell, space


def of_course(task, train, test, **options):
    """(data seconds an epoch, seconds an epoch, Watch) of the solution in the source notebook."""
    cell, space = solution(task, train, test, **options)
    every, took = max(1, len(space["train_loader"]) // LOOKS), []
    watch = Watch(task, test)

    def epochs(loader, number, **options):
        for epoch, batches in training.epochs(loader, number, quiet=True):
            yield epoch, looking(batches)
            took.append(watch.seconds())

    def looking(batches):
        for number, batch in enumerate(batches, 1):
            yield batch
            if number % every == 0:
                # assignment 1 calls it `dae` when it is trained, and until then `model`
                watch.look(space[task] if task in space else space["model"])

    space["epochs"] = epochs
    exec(cell, space)
    return data_seconds(space["train_loader"]), took[0], watch


def of_course_in_short(task, train, test):
    """The same with one epoch of the first digits: the schedule of a run that is meant to be short.

    The learning rate is at its peak after a hundred batches, not after some thousands.
    """
    first = Subset(train, range(min(SHORT_EPOCH, len(train))))
    return of_course(task, first, test, number=1, train_batch=32)


RUNS = {"course": of_course, "course, short": of_course_in_short, "seed": of_seed}


def measure():
    """A dict for each task: who -> data and whole seconds of an epoch, seconds to each loss."""
    torch.set_num_threads(1)
    train, test = load_mnist(full=True, device="cpu")
    found = {"digits": f"{len(train):,} {train.name}"}
    for task, (*_, losses) in TASKS.items():
        found[task] = {}
        for who, run in RUNS.items():
            torch.manual_seed(0)
            data, epoch, watch = run(task, train, test)
            found[task][who] = {
                "data_seconds": data,
                "epoch_seconds": epoch,
                "seconds_to": {str(loss): watch.reached(loss) for loss in losses},
                "last": watch.curve[-1],
                "curve": watch.curve,
            }
            print(f"{task}, {who}: {found[task][who] | {'curve': '...'}}", flush=True)
    return found
