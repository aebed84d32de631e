"""Clips the noise in place of the noisy image, and so loses all that is negative."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "no value got darker"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = (self.mean + self.std * torch.randn_like(tensor)).clamp(0, 1)
        return tensor + noise
