"""Counts epochs from 0 to 9, so that the epoch 10 never comes."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "snapshots has no entry for [10]"

# %% latent-training
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=4e-3)
snapshots = {}
for epoch in range(10):
    if epoch in (0, 5, 10):
        snapshots[epoch] = torch.cat([vae.encoder(images)[0].detach() for images, _ in test_loader])
    for images, _ in train_loader:
        recon, kl = vae_loss(*vae(images), images)
        optimizer.zero_grad()
        (recon + kl).backward()
        optimizer.step()
