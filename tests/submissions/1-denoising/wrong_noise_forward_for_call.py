"""Writes `forward`, but the class is no nn.Module: its objects can't be called."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "object is not callable"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean, self.std = mean, std

    def forward(self, tensor):
        return (tensor + self.mean + self.std * torch.randn_like(tensor)).clamp(0, 1)
