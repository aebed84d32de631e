"""Returns z, mu, log_var from encoder, and unpacks it that way in forward."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "is the order mu, log_var, z?"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        return self.reparameterize(mu, log_var), mu, log_var

    def forward(self, x):
        z, mu, log_var = self.encoder(x)
        return self.decoder(z), mu, log_var
