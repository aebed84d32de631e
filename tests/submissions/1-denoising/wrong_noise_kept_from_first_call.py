"""Draws the noise in the first call and keeps it."""

expected = {"test-noise-independent": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "all calls got the same noise"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean, self.std, self.noise = mean, std, None

    def __call__(self, tensor):
        if self.noise is None or self.noise.shape != tensor.shape:
            self.noise = self.mean + self.std * torch.randn_like(tensor)
        return (tensor + self.noise).clamp(0, 1)
