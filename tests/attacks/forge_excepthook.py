"""Replaces sys.excepthook, sys.exit and the tracebacks of Failed. Failed tests must stay failed."""

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
import sys

import helpers.checks

sys.excepthook = lambda *args: None
helpers.checks.Failed._render_traceback_ = lambda self: []
helpers.checks.Failed.__init__ = lambda self, *args: None


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
