"""Returns a list of eleven tensors."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-latent-shape": 0,
}
says = "is of type `list`; expected a torch tensor"

# %% interpolation
def linear_interpolation(x0, x1):
    return [k / 10 * x1 + (1 - k / 10) * x0 for k in range(11)]


def latent_linear_interpolation(z0, z1, vae):
    return [vae.decoder(z) for z in linear_interpolation(z0, z1)]
