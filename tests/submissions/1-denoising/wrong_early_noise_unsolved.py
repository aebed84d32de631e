"""Doesn't write the transform, but adds noise in the training and solves the rest."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
}
solved = ["dae"]

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        noisy = (images + 0.3 * torch.randn_like(images)).clamp(0, 1)
        loss = F.mse_loss(dae(noisy), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
