"""Writes a default mean of 1."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "the defaults have changed"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=1.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
