"""Gives alpha one value per column of the image, which broadcasts without a complaint."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
}
says = "alpha runs along the last dimension, the columns of the image"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, x0.shape[-1])
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    alpha = torch.linspace(0, 1, 11, device=z0.device)[:, None]
    return vae.decoder(alpha * z1 + (1 - alpha) * z0)
