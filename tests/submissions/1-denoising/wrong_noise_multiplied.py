"""Multiplies the noise by the image."""

expected = {"test-noise-moments": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "the noise is multiplied by the image"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + tensor * self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
