"""Samples inside encoder with std = exp(log_var), past its own reparameterize."""

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
says = "z is no draw from N(mu, exp(log_var))"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        return mu, log_var, mu + torch.exp(log_var) * torch.randn_like(mu)
