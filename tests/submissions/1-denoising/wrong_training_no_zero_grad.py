"""Never forgets old gradients: they add up, and the steps overshoot."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
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
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.SGD(dae.parameters(), lr=1e-3)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
