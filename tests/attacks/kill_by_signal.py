"""The kernel kills itself with SIGKILL, as the system does when memory is short.

Finished tests keep their points.
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
says = "killed (SIGKILL)"


# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        import os

        os.kill(os.getpid(), 9)
