"""Takes log_var for the variance itself; its logarithm is nan for negative values.

A KL term that is nan costs the points of test-kl alone.
"""

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
    recon = F.binary_cross_entropy(output, images, reduction="sum")
    kl = -0.5 * torch.sum(1 + (log_var + 1e-9).log() - mu**2 - log_var)
    return recon, kl
