"""Returns eleven times x0, from both functions: nothing is mixed at all."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-values": 0,
    "test-latent-values": 0,
}

# %% interpolation
def linear_interpolation(x0, x1):
    return torch.cat([x0] * 11)


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
