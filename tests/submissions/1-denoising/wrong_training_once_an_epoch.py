"""Records one number an epoch, three in all.

The training itself is right, and so are 5 of the 6 points for its loss.
"""

expected = {"test-dae-loss": 5}
solved = ["noise", "dae"]
says = "holds 3 numbers"

# %% dae-training
torch.manual_seed(0)
dae = DAE().to(device)
optimizer = torch.optim.Adam(dae.parameters(), lr=1e-2)
history = {"mse": []}
add_noise = AddGaussianNoise()
for epoch, batches in epochs(train_loader, 3):
    for images, _ in batches:
        loss = F.mse_loss(dae(add_noise(images)), images, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    history["mse"].append(loss.item() / len(images))
