"""Loops over images and latent features."""

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
    recon, kl = torch.zeros(()), torch.zeros(())
    for prediction, target, m, v in zip(output, images, mu, log_var):
        recon = recon + F.binary_cross_entropy(prediction, target, reduction="sum")
        for j in range(len(m)):
            kl += -0.5 * (1 + v[j] - m[j] ** 2 - torch.exp(v[j]))
    return recon, kl
