"""Returns only the images from forward."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "forward must return three tensors"

# %% + after vae
class VAE(VAE):
    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z)
