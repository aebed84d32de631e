"""Computes the KL term in numpy, which cuts its gradient off."""

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
says = "the kl term has no gradient"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    import numpy as np

    m, v = mu.detach().numpy(), log_var.detach().numpy()
    kl = torch.tensor(-0.5 * (1 + v - m**2 - np.exp(v)).sum())
    return F.binary_cross_entropy(output, images, reduction="sum"), kl
