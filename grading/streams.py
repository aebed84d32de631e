"""Random numbers: the streams of Python, numpy and torch, as plain data, on both sides."""

import random
from typing import Any

import numpy as np

from grading.arrays import torch_in_use

TORCH_SEED = 67280421310721  # what torch's own stream begins with in a fresh process


def states() -> dict[str, Any]:
    """Where the streams that this process has are now."""
    found = {"random": random.getstate(), "numpy": np.random.get_state()}
    if torch := torch_in_use():
        found["torch"] = torch.get_rng_state()
    return found


def restore(found: dict[str, Any]) -> None:
    """Puts streams where they were; those that this process doesn't have are passed over."""
    if "random" in found:
        random.setstate(found["random"])
    if "numpy" in found:
        np.random.set_state(found["numpy"])
    if "torch" in found and (torch := torch_in_use()):
        torch.set_rng_state(found["torch"])


def begin(seed: int) -> None:
    """Begins the streams of a notebook, alike on both sides: `seed` is below 2**32."""
    random.seed(seed)
    np.random.seed(seed)
    if torch := torch_in_use():
        torch.manual_seed(TORCH_SEED)


def refresh() -> None:
    """Begins all streams anew, from the operating system's random numbers."""
    random.seed()
    np.random.seed()
    if torch := torch_in_use():
        torch.seed()
