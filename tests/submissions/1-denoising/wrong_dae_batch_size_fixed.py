"""Writes the batch size 64 into the network."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "is invalid for input of size"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside, self.outside = nn.Linear(784, 64), nn.Linear(64, 784)

    def forward(self, noisy):
        code = F.relu(self.inside(noisy.view(64, 784)))
        return torch.sigmoid(self.outside(code)).view(64, 1, 28, 28)
