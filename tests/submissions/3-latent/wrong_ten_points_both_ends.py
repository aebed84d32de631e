"""Takes ten points from end to end, so that the steps are a ninth apart and not a tenth."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
}
says = "the steps are a ninth apart"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 10, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
