"""Returns NumPy arrays, and calls .numpy() on a tensor that needs a gradient."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-latent-shape": 0,
}
says = "is of type `ndarray`; expected a torch tensor"

# %% interpolation
import numpy as np


def linear_interpolation(x0, x1):
    return np.concatenate([k / 10 * x1.cpu().numpy() + (1 - k / 10) * x0.cpu().numpy() for k in range(11)])


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(torch.tensor(linear_interpolation(z0, z1), device=z0.device)).cpu().numpy()
