"""Calls the trained model `model`."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise", "dae"]
says = "`dae` is not defined"

# %% dae-training
torch.manual_seed(0)
model = DAE().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(model(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
