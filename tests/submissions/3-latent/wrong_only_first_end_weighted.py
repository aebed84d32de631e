"""Returns alpha * x1 alone and forgets x0."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}
says = "x0 has no part in it"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
