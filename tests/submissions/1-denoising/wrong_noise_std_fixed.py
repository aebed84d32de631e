"""Writes 0.3 in the call in place of std."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "Is `std` used, or a fixed number?"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + 0.3 * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
