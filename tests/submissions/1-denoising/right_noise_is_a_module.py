"""Makes the transform an nn.Module with buffers."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise(nn.Module):
    def __init__(self, mean=0.0, std=0.3):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("std", torch.tensor(std))

    def forward(self, tensor):
        return torch.clamp(tensor + torch.randn_like(tensor) * self.std + self.mean, min=0.0, max=1.0)
