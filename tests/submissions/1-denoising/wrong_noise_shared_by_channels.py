"""Draws one noise for all channels of an image."""

expected = {"test-noise-independent": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "all channels got the same noise"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        one = tensor[..., :1, :, :] if tensor.dim() > 2 else tensor
        noise = self.mean + self.std * torch.randn_like(one)
        return (tensor + noise).clamp(0, 1)
