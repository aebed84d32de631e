"""Clamps the caller's output in place."""

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
says = "the argument output was changed by the call"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = F.binary_cross_entropy(output.clamp_(1e-6, 1 - 1e-6), images, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
