"""Adds the noise to mu in place, so mu itself becomes the sample."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-encoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "mu was changed by the call"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu.add_(torch.exp(log_var / 2) * torch.randn_like(mu))
