"""Uses log_var itself as the standard deviation."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "log_var itself was used as the standard deviation"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + log_var * torch.randn_like(mu)
