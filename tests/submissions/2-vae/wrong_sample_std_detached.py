"""Detaches the standard deviation."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize-gradient": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "no gradient reaches log_var"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        std = torch.exp(log_var / 2).detach()
        return mu + std * torch.randn_like(mu)
