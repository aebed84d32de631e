"""Trains in a loop whose end never comes; what was solved before it keeps its points."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise", "dae"]

# %% dae-training
dae = DAE().to(device)
while True:
    dae(torch.rand(1, 1, 28, 28, device=device))
