"""Interpolates with torch.lerp and a weight of the fitting shape."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    weight = torch.arange(11, device=x0.device).reshape([11] + [1] * (x0.ndim - 1)) / 10
    return torch.lerp(x0, x1, weight)


def latent_linear_interpolation(z0, z1, vae):
    with torch.no_grad():
        return vae.decoder(torch.lerp(z0, z1, torch.linspace(0, 1, 11, device=z0.device)[:, None]))
