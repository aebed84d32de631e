"""Takes 2 to the power of log_var / 2."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "2 ** log_var was used, not exp"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + 2 ** (log_var / 2) * torch.randn_like(mu)
