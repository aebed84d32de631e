"""Returns the decoded images as rows of 784 numbers."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-latent-shape": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1)).flatten(1)
