"""A GPU for tests."""

import handin
import pytest
import simulated
import torch

import helpers.data
from helpers import devices


@pytest.fixture
def gpu(monkeypatch):
    """The simulated device, with a few digits on it."""
    monkeypatch.setattr(helpers.data, "load_mnist", simulated.few_digits)
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")  # no bars
    monkeypatch.syspath_prepend(handin.ROOT / "source" / "3-latent")
    with simulated.simulated() as found:
        helpers.data.loaders(*simulated.few_digits(device=found.device))
        yield found
    devices.settle(torch.device("cpu"))
