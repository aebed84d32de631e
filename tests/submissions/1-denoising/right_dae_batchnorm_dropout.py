"""Convolutions with batch normalisation and dropout, AdamW, a schedule; left in train mode."""

expected = {}
solved = ["noise"]

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()

        def block(layer):
            return nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels), nn.LeakyReLU(0.1, inplace=True))

        self.f = nn.Sequential(block(nn.Conv2d(1, 8, 3, 2, 1)), block(nn.Conv2d(8, 16, 3, 2, 1)), nn.Dropout2d(0.1))
        self.g = nn.Sequential(
            block(nn.ConvTranspose2d(16, 8, 2, 2)), nn.ConvTranspose2d(8, 1, 2, 2), nn.Sigmoid()
        )

    def forward(self, noisy):
        return self.g(self.f(noisy))

# %% dae-training
EPOCHS = 4
dae = DAE().to(device)
optimizer = torch.optim.AdamW(dae.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=EPOCHS * len(train_loader))
history = History("mse")
for epoch, batches in epochs(train_loader, EPOCHS, quiet=True):
    for images, _ in batches:
        loss = F.mse_loss(dae(AddGaussianNoise()(images)), images, reduction="sum")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(dae.parameters(), 1e4)
        optimizer.step()
        schedule.step()
        history.record(len(images), mse=loss)
dae.train()
