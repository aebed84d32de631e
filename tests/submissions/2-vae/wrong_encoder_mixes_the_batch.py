"""Reshapes the batch so that pixels of different images end up in one row."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "the members of a batch must not influence each other"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        columns = x.reshape(784, -1).T
        mu, log_var = self.encoder_layers(columns).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)
