"""Clips the image and adds the noise afterwards."""

expected = {"test-noise-range": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        return tensor.clamp(0, 1) + self.mean + self.std * torch.randn_like(tensor)
