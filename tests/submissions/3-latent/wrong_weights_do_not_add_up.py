"""Adds alpha * x1 to all of x0: the weights don't add up to one."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}
says = "the weights of x0 and x1 don't add up to 1"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return x0 + alpha * x1


def latent_linear_interpolation(z0, z1, vae):
    alpha = torch.linspace(0, 1, 11, device=z0.device).view(-1, 1)
    return vae.decoder(alpha * z1 + (1 - alpha) * z0)
