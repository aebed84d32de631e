"""Never clears the gradients, so that they pile up over all batches."""

expected = {
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=5e-4)
snapshots = {}
for epoch in range(11):
    if epoch:
        for images, _ in train_loader:
            recon, kl = vae_loss(*vae(images), images)
            (recon + kl).backward()
            optimizer.step()
    if epoch in (0, 5, 10):
        with torch.no_grad():
            snapshots[epoch] = torch.cat([vae.encoder(images)[0] for images, _ in test_loader])
