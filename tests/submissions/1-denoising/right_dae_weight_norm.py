"""Weight-normalised layers in a ModuleList, and a subclass of a class in an extra cell."""

expected = {}
solved = ["noise"]

# %% + after noise
class Base(nn.Module):
    """Fully connected layers; the extra cell is the student's own."""

    def __init__(self, sizes):
        super().__init__()
        pairs = zip(sizes[:-1], sizes[1:])
        self.layers = nn.ModuleList(nn.utils.parametrizations.weight_norm(nn.Linear(a, b)) for a, b in pairs)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.elu(layer(x))
        return self.layers[-1](x)

# %% dae
class DAE(Base):
    def __init__(self):
        super().__init__([784, 96, 784])
        nn.init.constant_(self.layers[-1].bias, -1.9)

    def forward(self, noisy):
        return super().forward(noisy.flatten(1)).sigmoid().unflatten(1, (1, 28, 28))

# %% dae-training
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=3e-3)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 6):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
