"""Returns flat images, (N, 784)."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "has shape (3, 784); expected (3, 1, 28, 28)"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return torch.sigmoid(self.decoder_layers(z))
