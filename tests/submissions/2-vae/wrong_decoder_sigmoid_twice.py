"""Applies the sigmoid twice."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "is the sigmoid applied twice"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return torch.sigmoid(torch.sigmoid(self.decoder_layers(z))).view(-1, 1, 28, 28)
