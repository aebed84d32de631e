"""Draws one noise for the whole batch."""

expected = {"test-noise-independent": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "all images of a batch got the same noise"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std * torch.randn_like(tensor[0])
        return (tensor + noise).clamp(0, 1)
