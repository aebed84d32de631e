"""Right answers that draw a progress bar on stderr. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
from tqdm import tqdm


def linear_interpolation(x0, x1):
    return torch.cat([x0 + (x1 - x0) * k / 10 for k in tqdm(range(11))])


def latent_linear_interpolation(z0, z1, vae):
    return torch.cat([vae.decoder(z) for z in tqdm(linear_interpolation(z0, z1).split(1))])
