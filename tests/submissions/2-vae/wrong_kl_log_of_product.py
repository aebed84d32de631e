"""Multiplies the variances before taking the logarithm: the product overflows."""

expected = {
    "test-kl": 0,
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    var = log_var.exp()
    kl = 0.5 * (mu.square().sum() + var.sum() - var.prod(dim=1).log().sum() - mu.numel())
    return F.binary_cross_entropy(output, images, reduction="sum"), kl
