"""Starts from eleven copies of x0 and adds, in place, growing parts of the difference."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    steps = x0.repeat(11, *[1] * (x0.dim() - 1))
    for k in range(11):
        steps[k] += (x1[0] - x0[0]).mul_(k / 10)
    return steps


def latent_linear_interpolation(z0, z1, vae):
    codes = linear_interpolation(z0, z1)
    images = torch.empty(11, 1, 28, 28, device=z0.device)
    images[:] = vae.decoder(codes)
    return images
