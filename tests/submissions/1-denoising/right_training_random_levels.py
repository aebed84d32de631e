"""Trains on noise of a random level in every batch, and keeps every batch in the history."""

expected = {}
solved = ["noise", "dae"]

# %% dae-training
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = {"mse": []}
for epoch, batches in epochs(train_loader, 3):
    for images, _ in batches:
        loss = F.mse_loss(dae(AddGaussianNoise(0.0, 0.6 * torch.rand(()).item())(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history["mse"].append(loss.item() / len(images))
