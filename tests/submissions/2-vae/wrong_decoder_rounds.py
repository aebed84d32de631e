"""Rounds the pixels to 0 and 1, which also cuts the gradient off."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "no gradient reaches z"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return torch.sigmoid(self.decoder_layers(z)).round().view(-1, 1, 28, 28)
