"""Goes on training after the last snapshot: eleven epochs, the last of them unseen."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "did the training go on after it"
solved = ["latent-training"]

# %% + after latent-training
optimizer = torch.optim.Adam(vae.parameters(), lr=2e-3)
for images, _ in train_loader:
    recon, kl = vae_loss(*vae(images), images)
    optimizer.zero_grad()
    (recon + kl).backward()
    optimizer.step()
