"""Keeps log_var within [-20, 20], in place on a copy."""

expected = {
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
    safe = log_var.clone()
    safe.clamp_(-20.0, 20.0)
    kl = -0.5 * torch.sum(1 + safe - mu**2 - safe.exp())
    return F.binary_cross_entropy(output, images, reduction="sum"), kl
