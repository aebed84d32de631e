"""Divides the summed loss by the number of images, and lets record do it again.

The training itself is right, and so are 5 of the 6 points for its loss.
"""

expected = {"test-dae-loss": 5}
solved = ["noise", "dae"]
says = "divided by the number of images twice"

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
        history.record(len(images), mse=loss / len(images))
