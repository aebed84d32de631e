"""Keeps all layers in a plain list: the model has no parameters."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "no trainable parameter"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(784, 64), nn.Linear(64, 784)]

    def forward(self, noisy):
        code = F.relu(self.layers[0](noisy.flatten(1)))
        return torch.sigmoid(self.layers[1](code)).view(-1, 1, 28, 28)
