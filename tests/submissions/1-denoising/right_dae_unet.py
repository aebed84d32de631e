"""A U-Net with a skip connection whose last layer starts at weight 0."""

expected = {}
solved = ["noise"]

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(1, 8, 4, 2, 1)
        self.down2 = nn.Conv2d(8, 16, 4, 2, 1)
        self.up1 = nn.ConvTranspose2d(16, 8, 4, 2, 1)
        self.up2 = nn.ConvTranspose2d(16, 8, 4, 2, 1)
        self.last = nn.Conv2d(9, 1, 3, 1, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.constant_(self.last.bias, -1.9)

    def forward(self, noisy):
        a = F.silu(self.down1(noisy))
        b = F.silu(self.up1(F.silu(self.down2(a))))
        c = F.silu(self.up2(torch.cat([a, b], dim=1)))
        return self.last(torch.cat([c, noisy], dim=1)).sigmoid()

# %% dae-training
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
