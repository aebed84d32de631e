"""Overwrites the arguments with what suits its answer, so that the test would compare with that.

Changed arguments must not earn points.
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


# %% interpolation
def linear_interpolation(x0, x1):
    x0.zero_()
    x1.zero_()
    return torch.zeros(10, *x0.shape[1:])


def latent_linear_interpolation(z0, z1, vae):
    for parameter in vae.parameters():
        parameter.data.zero_()
    z0.zero_()
    return torch.full((9, 1, 28, 28), 0.5)
