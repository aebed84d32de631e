"""Flattens the images that forward returns."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the images that forward returns has shape (4, 784)"

# %% + after vae
class VAE(VAE):
    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z).flatten(1), mu, log_var
