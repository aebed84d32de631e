"""Computes the output without gradients."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "is the graph cut by detach"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 4, 2, 1), nn.ReLU())
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Sigmoid()
        )

    def forward(self, noisy):
        with torch.no_grad():
            return self.decoder(self.encoder(noisy))
