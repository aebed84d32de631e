"""Never forgets old gradients: they add up, and the steps overshoot."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise", "dae"]

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.SGD(dae.parameters(), lr=1e-3)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
