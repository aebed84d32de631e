"""Interpolates in a loop over ten steps and joins the batches of one."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def linear_interpolation(x0, x1):
    steps = []
    for k in range(11):
        steps.append((k / 10) * x1 + (1 - k / 10) * x0)
    return torch.cat(steps)


def latent_linear_interpolation(z0, z1, vae):
    images = []
    for z in linear_interpolation(z0, z1):
        images.append(vae.decoder(z.unsqueeze(0)))
    return torch.cat(images, dim=0)
