"""Wraps the whole training in functions, with weight averaging, float64 losses and a numpy history."""

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
import copy

import numpy as np


def train_model(model, loader, rounds=2):
    curve = []
    average = copy.deepcopy(model)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    for _ in range(rounds):
        for i, (images, _) in enumerate(loader):
            error = (model(AddGaussianNoise()(images)).double() - images.double()).square().flatten(1).sum(1)
            optimizer.zero_grad()
            error.sum().backward()
            optimizer.step()
            with torch.no_grad():
                for a, b in zip(average.parameters(), model.parameters()):
                    a.lerp_(b, 0.1)
            if i % 10 == 0:
                curve.append(error.mean().item())
    return average, np.array(curve)


dae, curve = train_model(DAE().to(device), train_loader)
history = dict(mse=curve)
