"""Stops the training as soon as the test loss is below 19.5."""

expected = {}
solved = ["noise"]

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        last = nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1)
        nn.init.constant_(last.bias, -1.9)
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            last,
            nn.Sigmoid(),
        )

    def forward(self, noisy):
        return self.layers(noisy)


# %% dae-training
def test_error():
    images, _ = next(iter(test_loader))
    with torch.no_grad():
        return F.mse_loss(dae(add_noise(images)), images, reduction="sum").item() / len(images)


dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=2e-3)
history = {"mse": []}
add_noise = AddGaussianNoise()
images, number = None, 0
while test_error() > 19.5:
    for images, _ in train_loader:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if number % 4 == 0:
            history["mse"].append(loss.item() / len(images))
        number += 1
        if number % 10 == 0 and test_error() < 19.5:
            break
