"""Replaces the shell's run_cell_async: later cells, the tests too, would only seem to run.

No point for that.
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
from IPython.core.interactiveshell import ExecutionResult


async def nothing_happens(*args, **kwargs):
    return ExecutionResult(None)


get_ipython().run_cell_async = nothing_happens
get_ipython().run_cell = lambda *args, **kwargs: ExecutionResult(None)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
