"""Leaves each snapshot as a list of batches."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "join batches with torch.cat"
solved = ["latent-training"]

# %% + after latent-training
snapshots = {epoch: list(codes.split(1000)) for epoch, codes in snapshots.items()}
