"""Takes the noisy image for the target as well: the network learns to copy.

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
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 6):
    for images, _ in batches:
        noisy = add_noise(images)
        loss = F.mse_loss(dae(noisy), noisy, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
