"""Pastes a VAE of its own: two heads, BatchNorm, dropout, residual decoder; snapshots every epoch."""

expected = {
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 256), nn.BatchNorm1d(256), nn.SiLU(), nn.Dropout(0.05), nn.Linear(256, 128), nn.SiLU()
        )
        self.mean, self.spread = nn.Linear(128, latent_features), nn.Linear(128, latent_features)
        self.up = nn.Linear(latent_features, 128)
        self.block = nn.Sequential(nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 128))
        self.paint = nn.Sequential(nn.SiLU(), nn.Linear(128, 256), nn.SiLU(), nn.Linear(256, 784))

    def reparameterize(self, mu, log_var):
        return torch.distributions.Normal(mu, torch.exp(log_var / 2)).rsample()

    def encoder(self, x):
        h = self.body(x)
        mu, log_var = self.mean(h), self.spread(h)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        h = self.up(z)
        return torch.sigmoid(self.paint(h + self.block(h)) - 1.9).unflatten(1, (1, 28, 28))

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var


def my_loss(output, mu, log_var, images):
    q = torch.distributions.Normal(mu, torch.exp(log_var / 2))
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum()
    return F.binary_cross_entropy(output, images, reduction="none").sum() + kl


def codes():
    vae.eval()
    with torch.inference_mode():
        result = [vae.encoder(images)[0] for images, _ in test_loader]
    vae.train()
    return torch.vstack(result).double().cpu()


vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=4e-3)
schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, 10 * len(train_loader))
snapshots = {0: codes()}
for epoch, batches in epochs(train_loader, 10, quiet=True):
    for images, labels in batches:
        optimizer.zero_grad()
        my_loss(*vae(images), images).backward()
        optimizer.step()
        schedule.step()
    snapshots[epoch] = codes()
