"""Returns the variance in the place of log_var, and takes its logarithm again."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "log_var is never negative"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        return mu, log_var.exp(), self.reparameterize(mu, log_var)

    def forward(self, x):
        mu, var, z = self.encoder(x)
        return self.decoder(z), mu, var.log()
