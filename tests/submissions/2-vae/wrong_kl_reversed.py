"""Computes KL(prior || posterior) instead of KL(posterior || prior)."""

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
    prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    posterior = torch.distributions.Normal(mu, torch.exp(log_var / 2))
    kl = torch.distributions.kl_divergence(prior, posterior).sum()
    return F.binary_cross_entropy(output, images, reduction="sum"), kl
