"""Applies a sigmoid to images that have had theirs."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-latent-values": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    return torch.sigmoid(vae.decoder(linear_interpolation(z0, z1)))
