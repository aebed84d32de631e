"""Trains with binary cross-entropy, and records the squared error; one mean an epoch, seven in all."""

expected = {}
solved = ["noise", "dae"]

# %% dae-training
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
mse = []
for epoch in range(7):
    total = 0.0
    for images, _ in train_loader:
        output = dae(AddGaussianNoise()(images))
        optimizer.zero_grad()
        F.binary_cross_entropy(output, images, reduction="sum").backward()
        optimizer.step()
        total += ((output.detach() - images) ** 2).sum().item()
    mse.append(total / len(train_loader.dataset))
history = {"mse": tuple(mse)}
