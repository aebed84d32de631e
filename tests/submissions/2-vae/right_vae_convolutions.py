"""Convolutions, one head that is chunked, transposed convolutions back to 28 pixels."""

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
        self.down = nn.Sequential(
            nn.Conv2d(1, 8, 4, 2, 1), nn.SiLU(), nn.Conv2d(8, 16, 4, 2, 1), nn.SiLU(), nn.Flatten()
        )
        self.head = nn.Linear(16 * 49, 2 * latent_features)
        self.up = nn.Sequential(
            nn.Linear(latent_features, 16 * 49),
            nn.Unflatten(1, (16, 7, 7)),
            nn.SiLU(),
            nn.ConvTranspose2d(16, 8, 4, 2, 1),
            nn.SiLU(),
            nn.ConvTranspose2d(8, 1, 4, 2, 1),
            nn.Sigmoid(),
        )
        nn.init.constant_(self.up[-2].bias, -1.9)

    def reparameterize(self, mu, log_var):
        return torch.distributions.Normal(mu, log_var.mul(0.5).exp()).rsample()

    def encoder(self, x):
        mu, log_var = torch.chunk(self.head(self.down(x)), 2, dim=-1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return self.up(z)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
