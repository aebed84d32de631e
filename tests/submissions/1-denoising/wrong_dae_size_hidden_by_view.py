"""Has twice the pixels and hides it with view(-1, ...), which doubles the batch."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "has shape (8, 1, 28, 28); expected (4, 1, 28, 28)"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 2 * 784), nn.Sigmoid())

    def forward(self, noisy):
        return self.layers(noisy).view(-1, 1, 28, 28)
