"""Divides each batch of images by its maximum."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "must not influence each other"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        images = torch.sigmoid(self.decoder_layers(z)).view(-1, 1, 28, 28)
        return images / images.max()
