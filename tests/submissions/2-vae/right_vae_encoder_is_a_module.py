"""Encoder and decoder are modules of their own, kept under these names."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}

# %% vae
class Encoder(nn.Module):
    def __init__(self, d, draw):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.SELU(), nn.Linear(64, d * 2))
        self.draw = draw

    def forward(self, x):
        h = self.layers(x)
        mu, log_std = h[:, ::2], h[:, 1::2]
        return mu, 2 * log_std, self.draw(mu, 2 * log_std)


class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.encoder = Encoder(latent_features, self.reparameterize)
        self.decoder = nn.Sequential(
            nn.Linear(latent_features, 49),
            nn.Unflatten(1, (1, 7, 7)),
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=4, mode="bilinear"),
            nn.Conv2d(8, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def reparameterize(self, mu, log_var):
        return mu + log_var.exp().sqrt() * torch.normal(0.0, 1.0, mu.shape, device=mu.device)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
