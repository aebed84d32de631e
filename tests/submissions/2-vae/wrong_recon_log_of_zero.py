"""Writes the cross-entropy by hand and meets 0 * log(0) where a pixel is exactly black."""

expected = {
    "test-loss-terms": 0,
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
says = "look for log(0)"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = -(images * output.log() + (1 - images) * (1 - output).log()).sum()
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
