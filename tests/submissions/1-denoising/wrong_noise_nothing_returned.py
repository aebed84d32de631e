"""Forgets to return the noisy image."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "is of type `NoneType`"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noisy = (tensor + self.mean + self.std * torch.randn_like(tensor)).clamp(0, 1)
