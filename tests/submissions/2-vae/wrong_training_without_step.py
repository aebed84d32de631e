"""Forgets optimizer.step()."""

expected = {"test-vae-elbo": 0, "test-vae-history": 0}
solved = ["vae-loss", "vae"]
says = "it began at"

# %% + after vae
class VAE(VAE):
    """A smaller network, which trains in a second."""

    def __init__(self, latent_features=16):
        super().__init__(latent_features)
        self.encoder_layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 2 * latent_features)
        )
        self.decoder_layers = nn.Sequential(nn.Linear(latent_features, 128), nn.ReLU(), nn.Linear(128, 784))
        nn.init.constant_(self.decoder_layers[-1].bias, -1.9)

# %% vae-training
vae = VAE(latent_features=16).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=3e-3)
history = History("neg_elbo", "recon", "kl")
for epoch, batches in epochs(train_loader, 5):
    for images, _ in batches:
        output, mu, log_var = vae(images)
        recon, kl = vae_loss(output, mu, log_var, images)
        loss = recon + kl
        optimizer.zero_grad()
        loss.backward()
        history.record(len(images), neg_elbo=loss, recon=recon, kl=kl)
