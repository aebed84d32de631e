"""Takes the snapshots in train mode, with the dropout of its own VAE at work."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "was it taken in train mode"

# %% latent-training
class VAE(VAE):
    def __init__(self, latent_features=16):
        super().__init__(latent_features)
        self.encode.insert(7, nn.Dropout(0.4))


vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
snapshots = {0: torch.cat([vae.encoder(images)[0].detach() for images, _ in test_loader])}
for epoch in range(1, 11):
    for images, _ in train_loader:
        recon, kl = vae_loss(*vae(images), images)
        optimizer.zero_grad()
        (recon + kl).backward()
        optimizer.step()
    if epoch in (5, 10):
        snapshots[epoch] = torch.cat([vae.encoder(images)[0].detach() for images, _ in test_loader])
