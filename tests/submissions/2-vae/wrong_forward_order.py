"""Returns mu, log_var, images in place of images, mu, log_var."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the images that forward returns"

# %% + after vae
class VAE(VAE):
    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return mu, log_var, self.decoder(z)
