"""Learns from noisy images to other noisy images of the same digits."""

expected = {"test-dae-denoises": 0}
solved = ["noise", "dae"]
says = "and the target the clean one?"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), add_noise(images), reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
