"""Fixes the shape of alpha to (11, 1, 1, 1): right for images, four dimensions too many for codes."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-shape": 0}
says = "alpha has four dimensions, and these codes two"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(11, 1, 1, 1)
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1).reshape(11, -1))
