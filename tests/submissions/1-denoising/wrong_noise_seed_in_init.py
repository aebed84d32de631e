"""Keeps a generator with a fixed seed: every object draws the same noise."""

expected = {"test-noise-independent": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "all transforms got the same noise"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean, self.std = mean, std
        self.generator = torch.Generator().manual_seed(42)

    def __call__(self, tensor):
        noise = torch.randn(tensor.shape, generator=self.generator)
        return (tensor + self.mean + self.std * noise).clamp(0, 1).to(tensor.dtype)
