"""Moves eps to the GPU whether there is one or not."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2) * torch.randn(mu.shape).cuda()
