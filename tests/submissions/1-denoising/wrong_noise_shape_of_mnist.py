"""Draws noise of the shape of MNIST images whatever it is given."""

expected = {
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std * torch.randn(len(tensor), 1, 28, 28)
        return (tensor + noise).clamp(0, 1)
