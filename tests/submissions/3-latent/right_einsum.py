"""Writes the mixture as one product of a table of weights and the two ends."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11).to(x0)
    weights = torch.stack([1 - alpha, alpha], dim=1)
    return torch.einsum("ke,e...->k...", weights, torch.cat([x0, x1]))


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
