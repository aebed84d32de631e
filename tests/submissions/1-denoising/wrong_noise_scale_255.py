"""Draws noise for values from 0 to 255."""

expected = {"test-noise-moments": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "the noise is for values from 0 to 255"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + 255 * self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
