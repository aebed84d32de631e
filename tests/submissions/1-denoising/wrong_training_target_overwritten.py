"""Adds the noise to the batch in place, so that the target is noisy as well.

What was recorded is right all the same: 1 point.
"""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise", "dae"]
says = "and the target the clean one?"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
for epoch, batches in epochs(train_loader, 6):
    for images, _ in batches:
        images += 0.3 * torch.randn_like(images)
        images.clamp_(0, 1)
        loss = F.mse_loss(dae(images), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
