"""Makes a layer in forward: it is new, and untrained, in every call."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "in eval mode the same images give the same output: they don't"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Linear(784, 64)

    def forward(self, noisy):
        code = F.relu(self.inside(noisy.flatten(1)))
        return torch.sigmoid(nn.Linear(64, 784)(code)).view(-1, 1, 28, 28)
