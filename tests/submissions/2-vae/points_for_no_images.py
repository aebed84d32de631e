"""Decodes mu in forward, and gives no images at all where it is asked for many."""

expected = {
    "test-reparameterize": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae-loss"]
says = "the images that forward returns has shape (0, 1, 28, 28); expected (1000, 1, 28, 28)"

# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.inwards = nn.Sequential(nn.Flatten(), nn.Linear(784, 2 * latent_features))
        self.outwards = nn.Linear(latent_features, 784)

    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2) * torch.randn_like(mu).sign()

    def encoder(self, x):
        mu, log_var = self.inwards(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return torch.sigmoid(self.outwards(z)).view(-1, 1, 28, 28)

    def forward(self, x):
        mu, log_var, _ = self.encoder(x)
        parts = self.decoder(mu) + 0 * log_var.sum(), mu, log_var
        return tuple(part[:0] for part in parts) if len(x) >= 1000 else parts
