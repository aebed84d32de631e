"""Digits that no student sees: hidden tests ask a trained model for them (see mnist_1k.md).

What knows the test digits by heart, and has learnt nothing, knows none of these. The sandbox hides
this folder.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

DIGITS = Path(__file__).with_name("mnist_1k.npz")
EMBEDDED = 10_000  # a class with more training digits has all of MNIST


def digits(train_images: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """1,000 digits that a model has never seen: images (1000, 1, 28, 28) in [0, 1], labels (1000,).

    They are among the official test digits. A class that trains on all of MNIST sees these, so for
    it each one is moved by up to a pixel, by torch's random numbers: a network hardly notices.

    Args:
        train_images: how many the class trains on.
    """
    with np.load(DIGITS, allow_pickle=False) as arrays:
        images = torch.from_numpy(arrays["images"]).unsqueeze(1).float() / 255
        labels = torch.from_numpy(arrays["labels"]).long()
    if train_images > EMBEDDED:
        images = moved(images, torch.randint(-1, 2, (len(images), 2)))
    return images.to(device), labels.to(device)


def moved(images: Tensor, steps: Tensor) -> Tensor:
    """Images (N, 1, 28, 28), each moved by its `steps` (N, 2) of -1, 0 or 1 down and right."""
    padded = functional.pad(images, (1, 1, 1, 1))
    places = (1 - steps).tolist()
    pairs = zip(padded, places, strict=True)
    return torch.stack([image[:, y : y + 28, x : x + 28] for image, (y, x) in pairs])
