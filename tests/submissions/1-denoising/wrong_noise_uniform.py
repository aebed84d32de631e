"""Draws uniform noise of the right standard deviation."""

expected = {"test-noise-moments": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "it isn't the normal distribution that was asked for"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std * 12**0.5 * (torch.rand_like(tensor) - 0.5)
        return (tensor + noise).clamp(0, 1)
