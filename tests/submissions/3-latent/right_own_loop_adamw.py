"""Trains with a loop of its own: AdamW, a cosine schedule, batches of 50, snapshots as arrays."""

expected = {
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
loader = torch.utils.data.DataLoader(train, batch_size=50, shuffle=True)
vae = VAE(2).to(device)
optimizer = torch.optim.AdamW(vae.parameters(), lr=4e-3, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)


@torch.no_grad()
def look():
    vae.eval()
    means = []
    for x, y in test_loader:
        mu, _, _ = vae.encoder(x)
        means.extend(mu.cpu().numpy())
    vae.train()
    import numpy

    return numpy.stack(means)


snapshots = {}
for epoch in range(10):
    if epoch % 5 == 0:
        snapshots[epoch] = look()
    total = 0.0
    for x, _ in loader:
        optimizer.zero_grad(set_to_none=True)
        x_hat, mu, log_var = vae(x)
        bce, kl = vae_loss(x_hat, mu, log_var, x)
        loss = (bce + kl) / len(x)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step()
    print(f"epoch {epoch + 1}: {total / len(loader):.1f}")
snapshots[10] = look()
