"""Returns only mu and log_var from encoder and samples in forward."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "encoder must return three tensors: mu, log_var, z"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        return self.encoder_layers(x).chunk(2, dim=1)

    def forward(self, x):
        mu, log_var = self.encoder(x)
        return self.decoder(self.reparameterize(mu, log_var)), mu, log_var
