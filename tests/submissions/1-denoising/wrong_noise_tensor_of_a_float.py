"""Makes std a tensor with torch.Tensor(std), which wants a shape."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "your code stopped with TypeError"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = torch.Tensor(std)

    def __call__(self, tensor):
        return (tensor + self.mean + self.std * torch.randn_like(tensor)).clamp(0, 1)
