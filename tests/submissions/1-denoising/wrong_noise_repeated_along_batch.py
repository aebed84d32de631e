"""Draws noise for half of the batch and uses it twice."""

expected = {"test-noise-independent": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        half = tensor[: (len(tensor) + 1) // 2]
        noise = self.mean + self.std * torch.randn_like(half)
        noise = torch.cat([noise, noise])[: len(tensor)]
        return (tensor + noise).clamp(0, 1)
