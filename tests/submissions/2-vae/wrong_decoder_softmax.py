"""Ends the decoder with a softmax over the pixels."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "that is a softmax"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return torch.softmax(self.decoder_layers(z), dim=1).view(-1, 1, 28, 28)
