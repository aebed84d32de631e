"""Draws eps once in __init__ and uses it for ever."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "two calls gave the same noise"

# %% + after vae
class VAE(VAE):
    def __init__(self, latent_features=16):
        super().__init__(latent_features)
        self.eps = torch.randn(2000, latent_features, device=device)

    def reparameterize(self, mu, log_var):
        rows = torch.arange(len(mu)) % 2000
        return mu + torch.exp(log_var / 2) * self.eps.to(mu.device)[rows]
