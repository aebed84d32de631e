"""Runs the training under torch.no_grad: backward stops with an error."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise", "dae"]

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
with torch.no_grad():
    for epoch, batches in epochs(train_loader, 1):
        for images, _ in batches:
            loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.record(len(images), mse=loss)
