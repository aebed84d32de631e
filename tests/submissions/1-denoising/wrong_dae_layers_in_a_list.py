"""Keeps some layers in a plain list: they are in no parameters() and never trained."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "are layers kept in a plain list"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Linear(784, 64), nn.Linear(64, 64)]
        self.out = nn.Linear(64, 784)

    def forward(self, noisy):
        code = noisy.flatten(1)
        for layer in self.hidden:
            code = F.relu(layer(code))
        return torch.sigmoid(self.out(code)).view(-1, 1, 28, 28)
