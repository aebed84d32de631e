"""Batch norm and dropout in hidden layers, two heads, lists and named tuples."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}

# %% vae
from collections import namedtuple

Result = namedtuple("Result", "images mu log_var")


class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2)
        )
        self.mean, self.log_variance = nn.Linear(64, latent_features), nn.Linear(64, latent_features)
        self.out = nn.Sequential(
            nn.Linear(latent_features, 64), nn.BatchNorm1d(64), nn.LeakyReLU(), nn.Linear(64, 784)
        )

    def reparameterize(self, mu, log_var):
        return torch.lerp(mu, mu + torch.exp(0.5 * log_var), torch.randn_like(mu))

    def encoder(self, x):
        h = self.body(x)
        mu, log_var = self.mean(h), self.log_variance(h)
        return [mu, log_var, self.reparameterize(mu, log_var)]

    def decoder(self, z):
        return torch.sigmoid(self.out(z)).unflatten(1, (1, 28, 28))

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return Result(self.decoder(z), mu, log_var)
