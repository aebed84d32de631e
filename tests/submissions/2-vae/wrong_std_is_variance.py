"""Takes exp(log_var) for the standard deviation: it is the variance."""

expected = {"test-reparameterize": 0, "test-vae-elbo": 0, "test-vae-history": 0}
solved = ["vae-loss"]

# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.inside = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 2 * latent_features))
        self.outside = nn.Sequential(nn.Linear(latent_features, 64), nn.ReLU(), nn.Linear(64, 784), nn.Sigmoid())

    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var) * torch.randn_like(mu)

    def encoder(self, x):
        mu, log_var = self.inside(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return self.outside(z).view(-1, 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
