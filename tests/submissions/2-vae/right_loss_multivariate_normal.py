"""Takes the KL divergence of multivariate normals, a BCELoss module and prints."""

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
from torch.distributions import MultivariateNormal, kl_divergence


def vae_loss(output, mu, log_var, images):
    bce = nn.BCELoss(reduction="none")(output.flatten(1), images.flatten(1)).sum(dim=1)
    eye = torch.eye(mu.shape[1], dtype=mu.dtype, device=mu.device)
    posterior = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * log_var)))
    kl = kl_divergence(posterior, MultivariateNormal(torch.zeros_like(mu), scale_tril=eye)).sum()
    print("recon", bce.sum().item())
    return bce.sum(), kl
