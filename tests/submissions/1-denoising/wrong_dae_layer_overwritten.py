"""Gives two layers one name, so that the first is lost."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "shapes cannot be multiplied"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 64)
        self.layer = nn.Linear(64, 784)

    def forward(self, noisy):
        code = F.relu(self.layer(noisy.flatten(1)))
        return torch.sigmoid(self.layer(code)).view(-1, 1, 28, 28)
