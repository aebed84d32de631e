"""Draws one eps an image, shared by its latent features."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the latent features share their noise"

# %% + after vae
class VAE(VAE):
    def reparameterize(self, mu, log_var):
        eps = torch.randn(len(mu), 1, device=mu.device)
        return mu + torch.exp(log_var / 2) * eps
