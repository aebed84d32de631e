"""Leaves the loop after the first batch of each epoch."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise", "dae"]
says = "expected below 20"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
        break
