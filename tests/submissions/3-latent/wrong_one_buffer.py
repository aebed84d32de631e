"""Writes all snapshots into one tensor, so that the last one overwrites the others."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "do they share one tensor"

# %% latent-training
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=4e-3)
buffer = torch.zeros(len(test), 2, device=device)
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
            buffer[:] = torch.cat([vae.encoder(images)[0] for images, _ in test_loader])
        snapshots[epoch] = buffer
