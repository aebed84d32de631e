"""A finished variational autoencoder and its loss, with the names of assignment 2."""

import itertools

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


def layers(*sizes):
    """Linear layers from each size to the next, with weights that keep the size of the signal."""
    made = []
    for inputs, outputs in itertools.pairwise(sizes):
        linear = nn.Linear(inputs, outputs)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        made += [linear, nn.GELU()]
    return made


class VAE(nn.Module):
    """A variational autoencoder of 28 x 28 images, for a latent space as small as a map.

    Its interface is that of assignment 2. Its layers are fully connected ones, narrower and
    narrower: with two latent features they come further than convolutions, in half the time.

    Args:
        latent_features: number of latent features d.
    """

    def __init__(self, latent_features=16):
        super().__init__()
        self.latent_features = latent_features
        self.encode = nn.Sequential(
            nn.Flatten(),
            *layers(784, 300, 150, 75),
            nn.LayerNorm(75),  # all images' features get one size: no log_var leaps
            nn.Linear(75, 2 * latent_features),  # mu and log_var
        )
        self.decode = nn.Sequential(
            *layers(latent_features, 75, 150, 300),
            nn.Linear(300, 784),
            nn.Unflatten(1, (1, 28, 28)),
            nn.Sigmoid(),
        )

    def start_at(self, image):
        """Sets the last bias so that the decoder starts near this image, (1, 28, 28) in [0, 1]."""
        with torch.no_grad():
            self.decode[-3].bias.copy_(image.logit(eps=1e-3).flatten())

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
