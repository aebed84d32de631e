"""Eases in and out with a cosine, so that the steps are not evenly spaced."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = (1 - torch.cos(torch.pi * torch.linspace(0, 1, 11, device=x0.device))) / 2
    alpha = alpha.view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    alpha = torch.linspace(0, 1, 11, device=z0.device).view(-1, 1)
    return vae.decoder(alpha * z1 + (1 - alpha) * z0)
