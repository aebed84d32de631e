"""The pipeline that this course started from, as a baseline: every image decoded, converted and
made noisy by itself, 64 at a time, Adam with a learning rate of 1e-4.

Its VAE is the original's; its denoiser is a likely one of the same size (the original's isn't
known).
"""

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import ToTensor

LEARNING_RATE = 1e-4


class Pictures(Dataset):
    """Digits as torchvision's MNIST hands them out: a PIL image each, changed by `transform`."""

    def __init__(self, digits, transform):
        self._bytes = (digits.images.squeeze(1) * 255).round().byte().numpy()
        self._labels = digits.labels.tolist()
        self._transform = transform

    def __len__(self):
        return len(self._labels)

    def __getitem__(self, index):
        return self._transform(Image.fromarray(self._bytes[index])), self._labels[index]


class Pairs(Dataset):
    """The images of several sets side by side."""

    def __init__(self, *sets):
        self._sets = sets

    def __len__(self):
        return min(map(len, self._sets))

    def __getitem__(self, index):
        return tuple(pictures[index][0] for pictures in self._sets)


def noisy_tensor(picture):
    tensor = ToTensor()(picture)
    return torch.clip(tensor + torch.normal(0.0, 0.3, size=tensor.shape), 0, 1)


def pair_loader(digits):
    """Batches of (noisy, clean) images."""
    pairs = Pairs(Pictures(digits, noisy_tensor), Pictures(digits, ToTensor()))
    return DataLoader(pairs, batch_size=64, shuffle=True)


def loader(digits):
    """Batches of (images, labels)."""
    return DataLoader(Pictures(digits, ToTensor()), batch_size=64, shuffle=True)


class DAE(nn.Sequential):
    def __init__(self):
        super().__init__(
            *(nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 64 * 49), nn.ReLU()),
            *(nn.Unflatten(1, (64, 7, 7)), nn.ConvTranspose2d(64, 32, 3, 2, 1, 1), nn.ReLU()),
            *(nn.ConvTranspose2d(32, 1, 3, 2, 1, 1), nn.Sigmoid()),
        )


class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 4, 2, 1), nn.Conv2d(32, 64, 4, 2, 1)
        self.mu, self.log_var = (nn.Linear(64 * 49, latent_features) for _ in range(2))
        self.linear = nn.Linear(latent_features, 64 * 49)
        self.deconv1 = nn.ConvTranspose2d(64, 32, 4, 2, 1)
        self.deconv2 = nn.ConvTranspose2d(32, 1, 4, 2, 1)

    def encoder(self, x):
        x = nn.functional.relu(self.conv2(nn.functional.relu(self.conv1(x)))).flatten(1)
        mu, log_var = self.mu(x), self.log_var(x)
        return mu, log_var, mu + torch.exp(log_var / 2) * torch.randn_like(mu)

    def decoder(self, z):
        x = nn.functional.relu(self.linear(z)).view(-1, 64, 7, 7)
        return torch.sigmoid(self.deconv2(nn.functional.relu(self.deconv1(x))))

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var


def dae_step(model, batch):
    """The loss of a batch of `pair_loader`, summed squared error over the batch."""
    noisy, clean = batch
    return nn.functional.mse_loss(model(noisy), clean, reduction="sum")


def vae_step(model, batch):
    """The negative ELBO of a batch of `loader`, summed over the batch."""
    images, _ = batch
    output, mu, log_var = model(images)
    recon = nn.functional.binary_cross_entropy(output, images, reduction="sum")
    return recon - 0.5 * torch.sum(1 + log_var - mu.square() - log_var.exp())
