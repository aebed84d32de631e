"""Residual blocks, heads that start at 0, a buffer with the logit of the mean image."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}

# %% vae
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, x):
        return x + self.inner(x)


class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        head = nn.Linear(64, 2 * latent_features)
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), Block(64), Block(64), head)
        self.dec = nn.Sequential(nn.Linear(latent_features, 64), Block(64), Block(64), nn.Linear(64, 784))
        for layer in (self.enc[-1], self.dec[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        mean = train.images.mean(0).clamp(1e-3, 1 - 1e-3)
        self.register_buffer("start", torch.logit(mean))

    @staticmethod
    def reparameterize(mu, log_var):
        z = torch.randn_like(mu)
        z *= torch.exp(log_var / 2)
        z += mu
        return z

    def encoder(self, x):
        mu, log_var = self.enc(x).chunk(2, 1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return torch.sigmoid(self.dec(z).view(-1, 1, 28, 28) + self.start)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
