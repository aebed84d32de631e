"""Goes through logits and expm1."""

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
    recon = F.binary_cross_entropy_with_logits(torch.logit(output, eps=1e-6), images, reduction="sum")
    return recon, 0.5 * (mu.square() + torch.expm1(log_var) - log_var).sum()
