"""Joins the steps along the second dimension: one image with eleven channels."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-latent-shape": 0,
}
says = "the steps lie in the second dimension; the first is the batch"

# %% interpolation
def linear_interpolation(x0, x1):
    steps = [k / 10 * x1 + (1 - k / 10) * x0 for k in range(11)]
    return torch.stack(steps, dim=1).squeeze(2) if x0.dim() == 4 else torch.stack(steps, dim=1)


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1)[0]).transpose(0, 1)
