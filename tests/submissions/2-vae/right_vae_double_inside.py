"""Computes in float64 inside, pixel by pixel in loops, with plain parameters and einsum."""

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
        d = latent_features
        self.w = nn.Parameter(torch.randn(784, 2 * d, dtype=torch.float64) / 28)
        self.v = nn.Parameter(torch.randn(d, 784, dtype=torch.float64) / d**0.5)
        self.c = nn.Parameter(torch.full((784,), -1.9, dtype=torch.float64))

    def reparameterize(self, mu, log_var):
        rows = [m + torch.exp(v / 2) * torch.randn(m.shape, device=m.device) for m, v in zip(mu, log_var)]
        return torch.stack(rows)

    def encoder(self, x):
        h = torch.einsum("np,pk->nk", x.flatten(1).double(), self.w).float()
        mu, log_var = h.split(h.shape[1] // 2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return torch.sigmoid(torch.einsum("nk,kp->np", z.double(), self.v) + self.c).float().view(-1, 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var
