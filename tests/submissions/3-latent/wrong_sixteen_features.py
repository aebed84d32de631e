"""Trains a model with 16 latent features where two were asked for."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "the model has 16 latent features"

# %% latent-training
vae = VAE().to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=3e-3)
snapshots = {}
for epoch in range(11):
    if epoch:
        for images, _ in train_loader:
            recon, kl = vae_loss(*vae(images), images)
            optimizer.zero_grad()
            (recon + kl).backward()
            optimizer.step()
    if epoch in (0, 5, 10):
        with torch.no_grad():
            snapshots[epoch] = torch.cat([vae.encoder(images)[0] for images, _ in test_loader])
