"""On a GPU: seconds of the solutions' training on all digits, against the pipeline before.

    python scripts/bench on_gpu

The digits stay on the device, and so does the noise; nothing in the loop waits for the device.
"""

import time

import seed
import torch
from learning import solution

from helpers.data import load_mnist

EPOCHS = {"dae": 5, "vae": 3}
BATCHES = 150  # of the pipeline before; an epoch is worked out from them


def clock(device):
    """Wall seconds, when the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def of_course(task, train, test, device):
    """Seconds of the training cell for EPOCHS[task] epochs."""
    cell, space = solution(task, train, test, EPOCHS[task])
    space["device"] = device
    start = clock(device)
    exec(cell, space)
    return clock(device) - start


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


def measure(device=None):
    """A dict for each task: who -> wall seconds. Raises SystemExit without a GPU."""
    if device is None and not torch.cuda.is_available():
        raise SystemExit("There is no GPU here: nothing was measured.")
    device = torch.device(device or "cuda")
    train, test = load_mnist(full=True, device=device)
    plain_train, _ = load_mnist(full=True, device="cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    found = {"device": name, "digits": f"{len(train):,} {train.name}"}
    for task, number in EPOCHS.items():
        of_course(task, train, test, device)  # the first time includes what CUDA sets up
        course, before = of_course(task, train, test, device), of_seed(task, plain_train, device)
        found[task] = {"course": course, "seed": before}
        print(f"{task}, {number} epochs: {before:.1f} s -> {course:.2f} s", flush=True)
    return found
