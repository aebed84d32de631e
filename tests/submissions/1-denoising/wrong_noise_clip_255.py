"""Clips to [0, 255], as for images of bytes."""

expected = {"test-noise-range": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 255)
