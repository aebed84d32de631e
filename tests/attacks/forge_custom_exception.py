"""Installs an exception handler that clears the error of the running cell.

Failed tests must stay failed.
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
import gc

from IPython.core.interactiveshell import ExecutionResult


def forgive(shell, *args, **kwargs):
    for found in gc.get_objects():
        if isinstance(found, ExecutionResult):
            found.__class__ = type(
                "Fine", (ExecutionResult,), {"success": True, "error_in_exec": None}
            )
    return []


get_ipython().set_custom_exc((Exception,), forgive)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
