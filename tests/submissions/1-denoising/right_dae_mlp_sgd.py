"""An MLP trained by SGD with momentum in a loop of its own, with a plain dict of floats."""

expected = {}
solved = ["noise"]

# %% dae
class DAE(nn.Module):
    def __init__(self, hidden=128):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(28 * 28, hidden), nn.GELU(), nn.Linear(hidden, 28 * 28))
        self.net[2].bias.data.fill_(-1.9)

    def forward(self, x):
        shape = x.shape
        return torch.sigmoid(self.net(x.reshape(shape[0], -1))).reshape(shape)

# %% dae-training
dae = DAE().to(device)
optimizer = torch.optim.SGD(dae.parameters(), lr=1e-3, momentum=0.9)
history = {"mse": [], "epoch": []}
noise = AddGaussianNoise(0, 0.3)
step = 0
for epoch in range(8):
    for x, y in train_loader:
        x_hat = dae(noise(x))
        loss = (x_hat - x).pow(2).sum() / len(x)
        optimizer.zero_grad()
        (4 * loss).backward()
        optimizer.step()
        if step % 10 == 0:
            history["mse"].append(loss.item())
            history["epoch"].append(epoch)
            print(f"{epoch} {step} {loss.item():.2f}", end="\r")
        step += 1
