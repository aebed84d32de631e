"""Never uses the mean."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "Is `mean` used"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        return (tensor + self.std * torch.randn_like(tensor)).clamp(0, 1)
