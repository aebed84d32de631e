"""Ends the decoder with a ReLU."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "a sigmoid at its end keeps it there"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return F.relu(self.decoder_layers(z)).view(-1, 1, 28, 28)
