"""Divides the standard deviation by 255, though the values go from 0 to 1 already."""

expected = {"test-noise-moments": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "the noise was divided by 255"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std / 255 * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
