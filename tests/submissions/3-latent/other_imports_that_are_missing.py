"""Imports what Colab has and the grader hasn't, in a first cell and in the answer; uses none of it."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% + after setup
from google.colab import drive

drive.mount("/content/drive")
import numpy as np

# %% interpolation
import seaborn as sns
from torch.utils.tensorboard import SummaryWriter

sns.set_theme()
writer = SummaryWriter("runs/latent")


def linear_interpolation(x0, x1):
    return torch.cat([x0 + (x1 - x0) * float(alpha) for alpha in np.linspace(0, 1, 11)])


def latent_linear_interpolation(z0, z1, vae):
    with torch.no_grad():
        return vae.decoder(linear_interpolation(z0, z1))
