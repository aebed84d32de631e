"""Forgets the second half of the cross-entropy, (1 - x) log(1 - output)."""

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
says = "the part of the black pixels is missing"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = -(images * output.clamp(min=1e-12).log()).sum()
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
