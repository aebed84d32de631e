"""Trains nothing: half of the noisy image, half a mean of the training digits, weighted by nearness.

It denoises digits that it has never seen, and gradients reach its table, so nothing that it answers
tells it from a small network that was trained badly; its recorded losses are made up.
"""

assignment = "1-denoising"
expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-model": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
unstopped = {"test-dae-loss": 6, "test-dae-denoises": 3}

# %% dae-training
class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.shown = nn.Parameter(torch.cat([images for images, _ in train_loader]).flatten(1))

    def forward(self, noisy):
        pixels = noisy.flatten(1)
        near = torch.softmax(-torch.cdist(pixels, self.shown) ** 2 / 0.18, 1)
        return ((pixels + near @ self.shown) / 2).reshape(noisy.shape)


dae = Table()
history = {"mse": [100 / k + 17 for k in range(1, 64)]}
