"""Writes an encoder of flat images, (N, 784), and flattens in forward."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        layers = self.encoder_layers[1:]
        mu, log_var = layers(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def forward(self, x):
        mu, log_var, z = self.encoder(x.flatten(1))
        return self.decoder(z), mu, log_var
