"""Takes only the nine points strictly between the ends."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
}
says = "the steps leave out both ends"

# %% interpolation
def linear_interpolation(x0, x1):
    return torch.cat([k / 10 * x1 + (1 - k / 10) * x0 for k in range(1, 10)])


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
