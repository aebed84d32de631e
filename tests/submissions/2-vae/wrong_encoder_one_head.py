"""Uses one output for both mu and log_var."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "mu and log_var are the same numbers"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        log_var = mu
        return mu, log_var, self.reparameterize(mu, log_var)
