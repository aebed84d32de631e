"""Puts a ReLU in front of the sigmoid: no pixel can get darker than 1/2."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-decoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "no pixel is ever black"

# %% + after vae
class VAE(VAE):
    def decoder(self, z):
        return torch.sigmoid(F.relu(self.decoder_layers(z))).view(-1, 1, 28, 28)
