"""Mixes in double precision and gives the result back in the type of the ends."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, dtype=torch.float64, device=x0.device)
    while alpha.dim() < x0.dim():
        alpha = alpha.unsqueeze(-1)
    return (alpha * x1.double() + (1 - alpha) * x0.double()).to(x0.dtype)


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
