"""Detaches mu and log_var, so that the KL term teaches the encoder nothing."""

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
        return self.decoder(z.detach()), mu.detach(), log_var.detach()
