"""Draws uniform noise of mean 0 and variance 1: right moments, wrong distribution."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "it isn't the normal distribution that was asked for"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        eps = math.sqrt(12) * (torch.rand_like(mu) - 0.5)
        return mu + torch.exp(log_var / 2) * eps
