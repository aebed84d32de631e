"""Divides the loss of an epoch by the number of batches, not of images.

The training itself is right, and so are 5 of the 6 points for its loss.
"""

expected = {"test-dae-loss": 5}
solved = ["noise", "dae"]
says = "that is a sum over the batch: divide it by the number of images"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = {"mse": []}
for epoch in range(6):
    total = 0.0
    for images, _ in train_loader:
        loss = F.mse_loss(dae(AddGaussianNoise()(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    history["mse"].append(total / len(train_loader))
