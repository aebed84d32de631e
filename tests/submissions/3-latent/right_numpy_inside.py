"""Computes the mixtures with NumPy, in double precision, and turns them back into tensors."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
import numpy as np


def linear_interpolation(a, b):
    start, end = a.detach().cpu().numpy(), b.detach().cpu().numpy()
    steps = np.concatenate([(1 - t) * start + t * end for t in np.linspace(0.0, 1.0, 11)])
    return torch.from_numpy(steps).to(a)


def latent_linear_interpolation(a, b, model):
    model.eval()
    return model.decoder(linear_interpolation(a, b)).detach()
