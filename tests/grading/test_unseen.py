"""The digits of the hidden tests: real ones, chosen by nobody; no student's kernel reads them."""

import hashlib

import numpy as np
import torch

from grading.unseen import DIGITS, digits, moved
from helpers.data import load_mnist


def test_they_are_in_the_order_of_their_hashes_and_none_of_the_embedded_ones():
    with np.load(DIGITS, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    assert images.shape == (1000, 28, 28) and set(labels) == set(range(10))
    hashes = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    assert hashes == sorted(set(hashes))
    for part in load_mnist(full=False, device="cpu"):
        embedded = (part.images * 255).round().to(torch.uint8).numpy()
        assert not set(hashes) & {hashlib.sha256(image.tobytes()).hexdigest() for image in embedded}


def test_a_class_that_trains_on_all_of_mnist_gets_them_moved_by_a_pixel():
    images, labels = digits(4_000)
    assert images.shape == (1000, 1, 28, 28) and images.min() >= 0 and images.max() == 1
    torch.manual_seed(0)
    other, same = digits(60_000)
    assert torch.equal(labels, same)
    unmoved = (images == other).flatten(1).all(1).double().mean().item()
    assert 0.05 < unmoved < 0.18  # a ninth; 0.111 +- 0.04 is four standard deviations
    one = torch.zeros(1, 1, 28, 28)
    one[0, 0, 5, 7] = 1
    assert moved(one, torch.tensor([[1, -1]]))[0, 0, 6, 6] == 1
    assert moved(one, torch.tensor([[0, 0]])).equal(one)
