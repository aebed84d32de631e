"""Sets the seed in each call, so that all of them draw the same noise."""

expected = {"test-noise-independent": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "all calls got the same noise"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        torch.manual_seed(0)
        noise = self.mean + self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
