"""Squeezes the images, so that the dimension of the channels is lost."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-latent-shape": 0,
}
says = "the dimension of the channels is lost"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return (alpha * x1 + (1 - alpha) * x0).squeeze()


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1)).squeeze()
