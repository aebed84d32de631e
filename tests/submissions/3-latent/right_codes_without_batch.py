"""Takes codes of shape (d,) in the latent function, which an outer product needs."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11).view(-1, *([1] * (x0.dim() - 1)))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    """z0, z1: (d,)."""
    alpha = torch.linspace(0, 1, 11, device=z0.device)
    return vae.decoder(torch.outer(1 - alpha, z0) + torch.outer(alpha, z1))
