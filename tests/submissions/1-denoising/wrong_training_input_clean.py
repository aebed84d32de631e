"""Trains on clean images: forgets to add noise to the input. The network learns to copy.

What was recorded is right all the same: 1 point.
"""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise"]
says = "Is the target the clean image?"

# %% dae
class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, kernel_size=1)
        nn.init.constant_(self.layer.weight, 0.5)
        nn.init.constant_(self.layer.bias, 0.1)

    def forward(self, noisy):
        return self.layer(noisy).clamp(0, 1)

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 4):
    for images, _ in batches:
        loss = F.mse_loss(dae(images), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
