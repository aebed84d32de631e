"""Draws with rand, uniform on [0, 1), not with randn."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the noise lies between 0 and 1 (rand), not around 0 (randn)"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2) * torch.rand_like(mu)
