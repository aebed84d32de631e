"""Seeds the generator in each call, so every call draws the same noise."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "two calls gave the same noise"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        torch.manual_seed(0)
        return mu + torch.exp(log_var / 2) * torch.randn_like(mu)
