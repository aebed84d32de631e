"""Layers that take their size from the first batch, (tanh + 1) / 2 at the end, prints."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}

# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        print("latent features:", latent_features)
        self.inside = nn.Sequential(nn.Flatten(), nn.LazyLinear(64), nn.ELU(), nn.LazyLinear(2 * latent_features))
        self.outside = nn.Sequential(nn.LazyLinear(64), nn.ELU(), nn.LazyLinear(784), nn.Tanh())

    def reparameterize(self, mu, log_var):
        return torch.addcmul(mu, log_var.div(2).exp(), torch.randn(mu.size(), device=mu.device))

    def encoder(self, x):
        mu, log_var = self.inside(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return 0.5 * (self.outside(z) + 1).reshape(len(z), 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
