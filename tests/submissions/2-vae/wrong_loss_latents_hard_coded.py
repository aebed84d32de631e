"""Expects 16 latent features in the KL term."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
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
    kl = -0.5 * torch.sum(1 + log_var - mu.view(-1, 16) ** 2 - log_var.view(-1, 16).exp())
    return recon, kl
