"""Trains on the digit 1 only.

What was recorded is right all the same: 1 point.
"""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise"]

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside, self.outside = nn.Linear(784, 24), nn.Linear(24, 784)
        nn.init.constant_(self.outside.bias, -1.9)

    def forward(self, noisy):
        return torch.sigmoid(self.outside(F.relu(self.inside(noisy.flatten(1))))).view(-1, 1, 28, 28)

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, labels in batches:
        images = images[labels == 1]
        if len(images) == 0:
            continue
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
