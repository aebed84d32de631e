"""Stops a training with a small learning rate while the loss still falls; keeps a right record of it."""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise", "dae"]
says = "the training loss still falls"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=2e-4)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
