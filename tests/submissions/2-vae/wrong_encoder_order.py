"""Returns log_var, mu, z from encoder, and unpacks it that way in forward."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "are mu and log_var swapped"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        return log_var, mu, self.reparameterize(mu, log_var)

    def forward(self, x):
        log_var, mu, z = self.encoder(x)
        return self.decoder(z), mu, log_var
