"""Uses torch.distributions for both terms."""

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
from torch.distributions import Bernoulli, Normal, kl_divergence


def vae_loss(output, mu, log_var, images):
    prior, posterior = Normal(torch.zeros_like(mu), torch.ones_like(mu)), Normal(mu, (log_var / 2).exp())
    recon = -Bernoulli(output, validate_args=False).log_prob(images).sum()
    return recon, kl_divergence(posterior, prior).sum()
