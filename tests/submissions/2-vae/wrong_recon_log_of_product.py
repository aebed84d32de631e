"""Multiplies the 784 probabilities and takes the logarithm: the product underflows to 0.

A recon term that is infinite costs the points of test-recon alone.
"""

expected = {
    "test-recon": 0,
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
says = "of a product of 784 probabilities underflows"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    p = output**images * (1 - output) ** (1 - images)
    recon = -p.flatten(1).prod(dim=1).log().sum()
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
