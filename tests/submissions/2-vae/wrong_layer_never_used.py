"""Builds a layer in __init__ that no method uses."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "hidden.weight, hidden.bias: no gradient arrives there"

# %% + after vae
class VAE(VAE):
    def __init__(self, latent_features=16):
        super().__init__(latent_features)
        self.hidden = nn.Linear(128, 128)
