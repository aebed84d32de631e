"""Pastes a VAE whose decoder leaves the channel out: that was a matter of assignment 2."""

expected = {
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
class VAE(VAE):
    def decoder(self, z):
        return super().decoder(z).squeeze(1)


vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=4e-3)
snapshots = {}
for epoch in range(11):
    if epoch:
        for images, _ in train_loader:
            output, mu, log_var = vae(images)
            recon, kl = vae_loss(output.unsqueeze(1), mu, log_var, images)
            optimizer.zero_grad()
            (recon + kl).backward()
            optimizer.step()
    if epoch in (0, 5, 10):
        with torch.no_grad():
            snapshots[epoch] = torch.cat([vae.encoder(images)[0] for images, _ in test_loader])
