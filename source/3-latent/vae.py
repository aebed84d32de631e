"""The finished model of assignment 2: the variational autoencoder and its loss."""

import torch
from torch import nn
from torch.nn import functional as F


def vae_loss(output, mu, log_var, images):
    """The two terms of the negative ELBO, each summed over the batch, in nats.

    Args:
        output: (N, 1, 28, 28), the Bernoulli mean of each pixel, in [0, 1].
        mu: (N, latent_features), mean of q(z | x).
        log_var: (N, latent_features), logarithm of the variance of q(z | x).
        images: (N, 1, 28, 28), the images themselves, in [0, 1].

    Returns:
        recon: 0-d tensor, binary cross-entropy summed over batch and pixels.
        kl: 0-d tensor, KL(q(z | x) || N(0, I)) summed over batch and latent features.
    """
    recon = F.binary_cross_entropy(output, images, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl


class VAE(nn.Module):
    """A variational autoencoder of 28 x 28 images.

    Args:
        latent_features: number of latent features d.
    """

    def __init__(self, latent_features=16):
        super().__init__()
        self.latent_features = latent_features
        if latent_features < 8:  # finding a digit's place on so small a map takes depth
            self.encode = nn.Sequential(
                nn.Flatten(),
                nn.Linear(784, 512),
                nn.GELU(),
                nn.Linear(512, 256),
                nn.GELU(),
                nn.Linear(256, 128),
                nn.GELU(),
                nn.Linear(128, 2 * latent_features),  # mu and log_var
            )
            last = nn.Linear(512, 784)
            self.decode = nn.Sequential(
                nn.Linear(latent_features, 128),
                nn.GELU(),
                nn.Linear(128, 256),
                nn.GELU(),
                nn.Linear(256, 512),
                nn.GELU(),
                last,
                nn.Unflatten(1, (1, 28, 28)),
                nn.Sigmoid(),
            )
        else:
            self.encode = nn.Sequential(
                nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1),  # 28 -> 14
                nn.GELU(),
                nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),  # 14 -> 7
                nn.GELU(),
                nn.Flatten(),
                nn.Linear(32 * 7 * 7, 256),
                nn.GELU(),
                nn.Linear(256, 2 * latent_features),  # mu and log_var
            )
            last = nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1)  # 14 -> 28
            self.decode = nn.Sequential(
                nn.Linear(latent_features, 256),
                nn.GELU(),
                nn.Linear(256, 32 * 7 * 7),
                nn.GELU(),
                nn.Unflatten(1, (32, 7, 7)),
                nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),  # 7 -> 14
                nn.GELU(),
                last,
                nn.Sigmoid(),
            )
        nn.init.constant_(last.bias, -1.9)  # start at the average pixel: sigmoid(-1.9) = 0.13

    def reparameterize(self, mu, log_var):
        """mu, log_var: (N, d) -> z: (N, d), a differentiable sample of N(mu, exp(log_var))."""
        std = torch.exp(0.5 * log_var)
        return mu + std * torch.randn_like(std)

    def encoder(self, x):
        """x: images (N, 1, 28, 28) -> mu, log_var, z, each (N, d)."""
        mu, log_var = self.encode(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        """z: (N, d) -> images (N, 1, 28, 28), values in [0, 1]."""
        return self.decode(z)

    def forward(self, x):
        """x: images (N, 1, 28, 28) -> images (N, 1, 28, 28), mu (N, d), log_var (N, d)."""
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
