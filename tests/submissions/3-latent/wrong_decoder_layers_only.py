"""Calls the decoder's layers without the sigmoid: the pixels are logits."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-latent-values": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    return vae.decode[:-1](linear_interpolation(z0, z1)).view(-1, 1, 28, 28)
