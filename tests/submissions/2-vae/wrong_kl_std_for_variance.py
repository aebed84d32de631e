"""Puts the standard deviation where the variance belongs."""

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
says = "exp(log_var / 2) is the standard deviation"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = F.binary_cross_entropy(output, images, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - torch.exp(log_var / 2))
    return recon, kl
