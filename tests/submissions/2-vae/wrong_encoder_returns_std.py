"""Returns the standard deviation in the place of log_var, in forward too."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "log_var is never negative"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        return mu, torch.exp(log_var / 2), self.reparameterize(mu, log_var)
