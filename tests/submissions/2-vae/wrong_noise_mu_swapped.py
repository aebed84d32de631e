"""Swaps mu and std: z = std + mu * eps."""

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
says = "mu and the standard deviation are swapped"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return torch.exp(log_var / 2) + mu * torch.randn_like(mu)
