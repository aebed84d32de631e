"""Unpacks four dimensions, so that a single image doesn't work."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "not enough values to unpack"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        n, channels, rows, columns = tensor.shape
        noise = self.mean + self.std * torch.randn(n, channels, rows, columns, dtype=tensor.dtype)
        return (tensor + noise).clamp(0, 1)
