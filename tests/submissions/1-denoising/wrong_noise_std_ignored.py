"""Never uses std: the noise has a standard deviation of 1."""

expected = {
    "test-noise-moments": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "the standard deviation is 1: multiply by std"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        noise = self.mean + torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
