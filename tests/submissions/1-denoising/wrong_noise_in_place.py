"""Adds the noise to its argument in place."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "was changed by the call"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        tensor += self.mean + self.std * torch.randn_like(tensor)
        return tensor.clamp_(0, 1)
