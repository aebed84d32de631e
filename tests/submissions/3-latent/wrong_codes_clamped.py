"""Clamps the mixtures to [0, 1], as for pixels: codes are cut off."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-values": 0,
    "test-latent-values": 0,
}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return (alpha * x1 + (1 - alpha) * x0).clamp(0, 1)


def latent_linear_interpolation(z0, z1, vae):
    alpha = torch.linspace(0, 1, 11, device=z0.device).view(-1, 1)
    return vae.decoder((alpha * z1 + (1 - alpha) * z0).clamp(-3, 3))
