"""Replaces comparisons and error functions in torch, math and numpy.

The judge's own must be used.
"""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% + after setup
import math

import numpy

torch.allclose = torch.equal = torch.isclose = lambda *args, **kwargs: True
torch.testing.assert_close = numpy.testing.assert_allclose = lambda *args, **kwargs: None
math.isclose = numpy.allclose = lambda *args, **kwargs: True
torch.Tensor.__sub__ = lambda self, other: torch.zeros(())
torch.Tensor.__gt__ = torch.Tensor.__ne__ = lambda self, other: False


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
