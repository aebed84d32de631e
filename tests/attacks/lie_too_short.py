"""Returns no step at all, or only the first one: a test that compares step by step finds no fault.

What isn't there must count as wrong.
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
    return torch.empty(0, *x0.shape[1:])


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(z0)
