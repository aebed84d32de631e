"""Draws uniform noise between -1 and 1."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the noise is uniform, not normal"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2) * (2 * torch.rand_like(mu) - 1)
