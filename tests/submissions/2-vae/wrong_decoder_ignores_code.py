"""Decodes fresh noise in the place of the code."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "decoder must not be random"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return torch.sigmoid(self.decoder_layers(torch.randn_like(z))).view(-1, 1, 28, 28)
