"""Adds the noise to the batch in place, so that the target is noisy as well.

What was recorded is right all the same: 1 point.
"""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise"]
says = "and the target the clean one?"

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
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
for epoch, batches in epochs(train_loader, 6):
    for images, _ in batches:
        images += 0.3 * torch.randn_like(images)
        images.clamp_(0, 1)
        loss = F.mse_loss(dae(images), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
