"""Averages the reconstruction over all pixels while the KL term is a sum: every code is 0."""

expected = {
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "are both loss terms sums"

# %% latent-training
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=4e-3)
snapshots = {}
for epoch in range(11):
    if epoch:
        for images, _ in train_loader:
            output, mu, log_var = vae(images)
            recon = F.binary_cross_entropy(output, images)
            _, kl = vae_loss(output, mu, log_var, images)
            optimizer.zero_grad()
            (recon + kl).backward()
            optimizer.step()
    if epoch in (0, 5, 10):
        with torch.no_grad():
            snapshots[epoch] = torch.cat([vae.encoder(images)[0] for images, _ in test_loader])
