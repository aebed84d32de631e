"""The model's constructor catches every interruption and goes on.

The call must end within its budget; finished tests keep their points.
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
says = "did not end"


# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        import time

        while True:
            try:
                while True:
                    time.sleep(0.01)
            except BaseException:
                pass
