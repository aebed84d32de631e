"""Hands in its own vae.py, whose decoder gives 11 images for any code, so that an untouched code
looks like a walk.

The course's vae.py must be used.
"""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return vae.decoder(0 * z0)


# %% ! hand in
(folder / "vae.py").write_text("""
import torch
class VAE(torch.nn.Module):
    def __init__(self, latent_features=2):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
    def decoder(self, z):
        return torch.zeros(11, 1, 28, 28)
def vae_loss(*args):
    return torch.zeros(()), torch.zeros(())
""")
