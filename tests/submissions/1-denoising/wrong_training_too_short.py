"""Stops a training with a small learning rate while the loss still falls; keeps a right record of it."""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise"]
says = "the training loss still falls"

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
optimizer = torch.optim.Adam(dae.parameters(), lr=2e-4)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
