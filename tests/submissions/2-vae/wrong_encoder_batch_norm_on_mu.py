"""Puts batch normalization on mu."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "it is batch-normalised"

# %% + after vae
class VAE(VAE):
    def __init__(self, latent_features=16):
        super().__init__(latent_features)
        self.norm = nn.BatchNorm1d(latent_features)

    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        mu = self.norm(mu)
        return mu, log_var, self.reparameterize(mu, log_var)
