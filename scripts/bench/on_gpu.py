"""On a GPU: seconds of the solutions' training on all digits, against the pipeline before.

    python scripts/bench on_gpu

The digits stay on the device, and so does the noise; nothing in the loop waits for the device. An
epoch is what the notebook says it is, the test loss at its end included.
"""

import contextlib
import io
import time

import seed
import torch
from learning import solution

from helpers import training
from helpers.data import load_mnist

EPOCHS = {"dae": 5, "vae": 3}
BATCHES = 150  # of the pipeline before; an epoch is worked out from them


def clock(device):
    """Wall seconds, when the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def of_course(task, train, test, device, number):
    """(seconds of `number` epochs, the size of a batch) of the training cell.

    The training is stopped then. Where the notebook has fewer epochs, they stand for the others.
    """
    cell, space = solution(task, train, test)
    times = []

    def epochs(loader, most, **options):
        options["quiet"] = True
        for epoch, batches in training.epochs(loader, min(most, number), **options):
            times.append(clock(device))
            yield epoch, batches
        times.append(clock(device))

    space["device"], space["epochs"] = device, epochs
    with contextlib.redirect_stdout(io.StringIO()):
        exec(cell, space)
    return (times[-1] - times[0]) / (len(times) - 1) * number, space["train_loader"].batch_size


def of_seed(task, train, device):
    """Seconds that EPOCHS[task] epochs of the pipeline before would take."""
    loader = (seed.pair_loader if task == "dae" else seed.loader)(train)
    model = (seed.DAE if task == "dae" else seed.VAE)().to(device)
    step = seed.dae_step if task == "dae" else seed.vae_step
    optimizer = torch.optim.Adam(model.parameters(), lr=seed.LEARNING_RATE)
    start = clock(device)
    for _, batch in zip(range(BATCHES), loader, strict=False):
        loss = step(model, [part.to(device) for part in batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    done = min(BATCHES, len(loader))
    return (clock(device) - start) * len(loader) / done * EPOCHS[task]


def rows(device):
    """(name, what was measured), one after another: which digits, then each task."""
    train, test = load_mnist(full=True, device=device)
    plain_train, _ = load_mnist(full=True, device="cpu")
    yield "digits", f"{len(train):,} {train.name}"
    for task, number in EPOCHS.items():
        of_course(task, train, test, device, 1)  # the first time includes what CUDA sets up
        course, batch = of_course(task, train, test, device, number)
        before = of_seed(task, plain_train, device)
        print(f"{task}, {number} epochs: {before:.1f} s -> {course:.2f} s", flush=True)
        yield task, {"epochs": number, "batch": batch, "course": course, "seed": before}


def measure():
    """What `rows` measures, and the device's name. Raises SystemExit without a GPU."""
    if not torch.cuda.is_available():
        raise SystemExit("There is no GPU here: nothing was measured.")
    return {"device": torch.cuda.get_device_name(), **dict(rows(torch.device("cuda")))}
