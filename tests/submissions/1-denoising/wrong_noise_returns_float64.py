"""Draws with numpy in double precision and returns it as it is."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "came back as torch.float64"

# %% noise
import numpy as np


class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = np.random.normal(self.mean, self.std, tuple(tensor.shape))
        return (tensor + torch.from_numpy(noise)).clamp(0, 1)
