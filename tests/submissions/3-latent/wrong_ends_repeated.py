"""Copies x0 for the first half of the steps and x1 for the rest, without mixing."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    return torch.cat([x0] * 6 + [x1] * 5)


def latent_linear_interpolation(z0, z1, vae):
    alpha = torch.linspace(0, 1, 11, device=z0.device).view(-1, 1)
    return vae.decoder(alpha * z1 + (1 - alpha) * z0)
