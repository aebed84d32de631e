"""Records averages over pixels too."""

expected = {"test-vae-history": 0}
solved = ["vae-loss", "vae"]
says = "was it averaged over the pixels"

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
history = {"neg_elbo": [], "recon": [], "kl": []}
step = 0
for epoch in range(5):
    for images, _ in train_loader:
        recon, kl = vae_loss(*vae(images), images)
        loss = (recon + kl) / len(images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            history["neg_elbo"].append(loss.item() / 784)
            history["recon"].append(recon.item() / len(images) / 784)
            history["kl"].append(kl.item() / len(images) / 784)
        step += 1
