"""Measures the reconstruction in bits, with log2, and the KL term in nats."""

expected = {
    "test-recon": 0,
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
says = "logarithms to base 2"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = -(images * output.clamp(1e-9).log2() + (1 - images) * (1 - output).clamp(1e-9).log2()).sum()
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
