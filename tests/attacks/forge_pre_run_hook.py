"""Patches torch's comparisons anew before every cell.

What runs in the student's process decides nothing.
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
def patch(*args):
    import torch

    torch.allclose = torch.equal = lambda *args, **kwargs: True
    torch.Tensor.__gt__ = torch.Tensor.__lt__ = torch.Tensor.__le__ = lambda self, other: (
        torch.tensor(True)
    )


get_ipython().events.register("pre_run_cell", patch)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
