"""Takes the summed absolute error for the reconstruction term."""

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
says = "you returned the absolute error"

# %% vae-loss
def vae_loss(output, mu, log_var, images):
    recon = (output - images).abs().sum()
    kl = -0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp())
    return recon, kl
