"""Doesn't clip the noisy image."""

expected = {"test-noise-range": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "expected 0 to 1"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        return tensor + self.mean + self.std * torch.randn_like(tensor)
