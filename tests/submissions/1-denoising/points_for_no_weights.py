"""Noise of no values, layers with a factor 0, and a matrix in place of the trained network."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-model": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
says = "dae has no weights"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        pass

    def __call__(self, tensor):
        return tensor[:0]

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 784)

    def forward(self, noisy):
        return (noisy + 0 * self.layer(noisy.flatten(1)).view_as(noisy)).clamp(0, 1)

# %% dae-training
clean = torch.cat([images for images, _ in train_loader]).flatten(1)
noisy = (clean + 0.3 * torch.randn_like(clean)).clamp(0, 1)
matrix = torch.linalg.solve(noisy.T @ noisy + 30 * torch.eye(784), noisy.T @ clean)


class Matrix:
    def eval(self):
        return self

    def __call__(self, x):
        return (x.flatten(1) @ matrix).clamp(0, 1).view_as(x)


dae = Matrix()
history = {"mse": [80.0, 40.0, 20.0, 15.0, 12.0, 12.0, 12.0]}
