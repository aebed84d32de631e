"""Squeezes the image into four numbers: it ends between two rungs of the ladder, with a right record."""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise"]
says = "expected below 20"  # then: it still falls, or what an error between two rungs means

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 4))
        self.outside = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 784))
        nn.init.constant_(self.outside[-1].bias, -1.9)

    def forward(self, noisy):
        return torch.sigmoid(self.outside(self.inside(noisy))).view(-1, 1, 28, 28)

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 6):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
