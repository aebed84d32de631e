"""Ends the encoder with a batch normalization."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-encoder": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "it is batch-normalised"

# %% + after vae
class VAE(VAE):
    def __init__(self, latent_features=16):
        super().__init__(latent_features)
        self.encoder_layers.append(nn.BatchNorm1d(2 * latent_features))
