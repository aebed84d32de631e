"""Walks from x1 to x0: alpha stands at the wrong end. (The latent function uses the first one.)"""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}
says = "alpha is reversed"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x0 + (1 - alpha) * x1


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
