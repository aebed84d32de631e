"""Calls the curve "loss".

The training itself is right, and so are 5 of the 6 points for its loss.
"""

expected = {"test-dae-loss": 5}
solved = ["noise", "dae"]
says = "`history` must be a mapping"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = History("loss")
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), loss=loss)
