"""Pastes a convolutional VAE whose decoder ends in a clamp; small batches and a warm-up of the KL term."""

expected = {
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
from collections import OrderedDict


class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.GELU(), nn.Conv2d(8, 16, 4, 2, 1), nn.GELU(), nn.Flatten())
        self.hidden = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(784, 128)), nn.GELU())
        self.heads = nn.ModuleList([nn.Linear(128, latent_features) for _ in range(2)])
        self.out = nn.Sequential(
            OrderedDict(a=nn.Linear(latent_features, 128), b=nn.GELU(), c=nn.Linear(128, 256), d=nn.GELU(), e=nn.Linear(256, 784))
        )

    @staticmethod
    def reparameterize(mu, log_var):
        return torch.addcmul(mu, torch.exp(0.5 * log_var), torch.randn_like(mu))

    def encoder(self, x):
        h = self.hidden(self.conv(x))
        mu, log_var = (head(h) for head in self.heads)
        return [mu, log_var, self.reparameterize(mu, log_var)]

    def decoder(self, z):
        p = 0.5 + 0.5 * torch.tanh(self.out(z) / 2 - 0.95)
        return p.clamp(0.0, 1.0).reshape(len(z), 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var


vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=6e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=10 * len(train_loader))
snapshots = OrderedDict()
for epoch in range(11):
    if epoch:
        vae.train()
        for images, _ in train_loader:
            recon, kl = vae_loss(*vae(images), images)
            loss = recon + min(1.0, 0.2 * epoch) * kl
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    if epoch in (0, 5, 10):
        vae.eval()
        snapshots[epoch] = torch.cat([vae.encoder(images)[0].detach() for images, _ in test_loader])
