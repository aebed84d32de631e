"""Right answers on the way to which numpy divides by zero. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
import sys

import numpy as np


def linear_interpolation(x0, x1):
    np.array([0.0]) / np.array([0.0])
    print("working", file=sys.stderr)
    return torch.cat([torch.lerp(x0, x1, k / 10) for k in range(11)])


def latent_linear_interpolation(z0, z1, vae):
    np.log(np.zeros(1))
    return vae.decoder(linear_interpolation(z0, z1))
