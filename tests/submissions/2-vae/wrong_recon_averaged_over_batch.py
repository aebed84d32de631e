"""Averages the reconstruction term over the batch while the KL term is summed."""

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
says = "you averaged it over the batch: sum over the batch too"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = F.binary_cross_entropy(output, images, reduction="sum") / len(images)
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
