"""os._exit(0) as soon as a model is made.

What was finished before keeps its points, the reason is told.
"""

assignment = "2-vae"
expected = {
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae-loss"]
says = "ended by itself"


# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        import os

        os._exit(0)
