"""Adds the noise in eval mode and leaves it out in training."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the batch shares its noise, or there is no noise"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        if self.training:
            return mu
        return mu + torch.exp(log_var / 2) * torch.randn_like(mu)
