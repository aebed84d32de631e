"""Decodes under no_grad, so that the decoder never learns."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "no gradient reaches z"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        with torch.no_grad():
            return torch.sigmoid(self.decoder_layers(z)).view(-1, 1, 28, 28)
