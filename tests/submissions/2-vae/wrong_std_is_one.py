"""Forgets the standard deviation: z = mu + eps."""

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
says = "the standard deviation is 1 whatever log_var is"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + torch.randn_like(mu)
