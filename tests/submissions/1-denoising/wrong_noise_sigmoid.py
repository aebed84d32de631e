"""Squeezes the noisy image into [0, 1] with a sigmoid in place of clipping."""

expected = {
    "test-noise-moments": 0,
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
        noise = self.mean + self.std * torch.randn_like(tensor)
        return torch.sigmoid(tensor + noise)
