"""Zips two loaders that shuffle independently: a noisy 3 is paired with a clean 7.

What was recorded is right all the same: 1 point.
"""

expected = {"test-dae-loss": 1, "test-dae-denoises": 0}
solved = ["noise", "dae"]
says = "Do the two images of a pair belong together?"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("mse")
add_noise = AddGaussianNoise()
for epoch in range(2):
    for (source, _), (images, _) in zip(train_loader, train_loader):
        loss = F.mse_loss(dae(add_noise(source)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), mse=loss)
