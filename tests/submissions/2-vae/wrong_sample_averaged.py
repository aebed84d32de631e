"""Averages ten draws, which makes the noise too small."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        std = torch.exp(log_var / 2)
        return torch.stack([mu + std * torch.randn_like(mu) for _ in range(10)]).mean(0)
