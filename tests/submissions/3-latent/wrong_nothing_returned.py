"""Computes the steps and forgets to return them."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "is of type `NoneType`; expected a torch tensor"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    steps = alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    images = vae.decoder(linear_interpolation(z0, z1))
