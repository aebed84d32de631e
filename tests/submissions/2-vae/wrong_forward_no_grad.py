"""Decodes under no_grad, so that the decoder never learns."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "no gradient arrives there"

# %% + after vae
class VAE(VAE):
    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        with torch.no_grad():
            images = self.decoder(z)
        return images, mu, log_var
