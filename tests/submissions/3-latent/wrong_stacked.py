"""Stacks the eleven batches of one, which adds a dimension, instead of joining them."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-latent-shape": 0,
}
says = "the steps are stacked along a new dimension"

# %% interpolation
def linear_interpolation(x0, x1):
    return torch.stack([k / 10 * x1 + (1 - k / 10) * x0 for k in range(11)])


def latent_linear_interpolation(z0, z1, vae):
    return torch.stack([vae.decoder(z) for z in linear_interpolation(z0, z1)])
