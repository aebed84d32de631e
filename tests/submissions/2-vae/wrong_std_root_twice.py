"""Takes the root twice: sqrt(exp(log_var / 2))."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the root was taken twice"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2).sqrt() * torch.randn_like(mu)
