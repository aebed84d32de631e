"""Draws the noise once, in __init__, and for images of 28 x 28 only."""

expected = {
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "got the same noise"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.noise = mean + std * torch.randn(28, 28)

    def __call__(self, tensor):
        return (tensor + self.noise).clamp(0, 1)
