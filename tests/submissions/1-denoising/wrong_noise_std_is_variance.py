"""Takes std for a variance: multiplies by its square root."""

expected = {"test-noise-moments": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "0.3 was taken for a variance"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + self.std**0.5 * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
