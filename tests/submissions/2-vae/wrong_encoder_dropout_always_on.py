"""Calls F.dropout without its training flag, so it acts in eval mode too."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "Is a dropout always on?"

# %% + after vae
class VAE(VAE):
    def encoder(self, x):
        mu, log_var = self.encoder_layers(F.dropout(x, 0.2)).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)
