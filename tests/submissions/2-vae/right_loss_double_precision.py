"""Computes in float64, by hand, with clamped logarithms, and returns a list."""

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
    p, x = output.double().clamp(1e-9, 1 - 1e-9), images.double()
    recon = -torch.einsum("nchw->", x * p.log() + (1 - x) * torch.log1p(-p))
    m, v = mu.double(), log_var.double()
    return [recon, (torch.exp(v) + m * m - v - 1).sum() / 2]
