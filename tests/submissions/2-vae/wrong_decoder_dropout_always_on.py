"""Calls F.dropout without its training flag in the decoder."""

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
        return torch.sigmoid(F.dropout(self.decoder_layers(z), 0.1)).view(-1, 1, 28, 28)
