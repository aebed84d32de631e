"""Turns every tensor into float32."""

expected = {"test-noise-general": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "came back as torch.float32"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        tensor = tensor.float()
        noise = self.mean + self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
