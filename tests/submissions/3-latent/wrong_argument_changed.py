"""Turns x1 into the difference in place: the caller's second image is lost."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}
says = "x1 was changed by the call"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    x1 -= x0
    return x0 + alpha * x1


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0.clone(), z1.clone()))
