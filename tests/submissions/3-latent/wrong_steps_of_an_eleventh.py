"""Divides by the number of points, 11, so that the last step stops short of x1."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-linear-values": 0}
says = "the steps are an eleventh apart"

# %% interpolation
def linear_interpolation(x0, x1):
    return torch.cat([k / 11 * x1 + (1 - k / 11) * x0 for k in range(11)])


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(linear_interpolation(z0, z1))
