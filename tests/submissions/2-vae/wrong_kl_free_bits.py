"""Adds free bits: less than 0.1 nats per feature costs 0.1 nats."""

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
    kl = (-0.5 * (1 + log_var - mu**2 - log_var.exp())).clamp(min=0.1).sum()
    return recon, kl
