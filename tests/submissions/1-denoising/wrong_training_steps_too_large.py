"""Trains with plain SGD and far too large steps, without a sigmoid: all weights are nan."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0, "test-dae-model": 0}
solved = ["noise"]
says = "dae has nan among its weights"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 784), nn.Unflatten(1, (1, 28, 28))
        )

    def forward(self, noisy):
        return self.layers(noisy)

# %% dae-training
add_noise = AddGaussianNoise(0.0, 0.3)
dae = DAE().to(device)
optimizer = torch.optim.SGD(dae.parameters(), lr=1.0)
history = History("mse")
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
