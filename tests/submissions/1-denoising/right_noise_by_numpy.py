"""Draws and clips with numpy, and gives back the same type and device."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
import numpy as np


class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean, self.std = mean, std
        self.rng = np.random.default_rng()

    def __call__(self, tensor):
        images = tensor.detach().cpu().numpy()
        noisy = np.clip(images + self.rng.normal(self.mean, self.std, images.shape), 0, 1)
        return torch.from_numpy(noisy).to(tensor)
