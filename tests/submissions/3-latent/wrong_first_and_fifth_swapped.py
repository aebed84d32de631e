"""Stores the snapshot after epoch 5 as the first one."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "take it before the first training step"
solved = ["latent-training"]

# %% + after latent-training
snapshots = {0: snapshots[5], 5: snapshots[0], 10: snapshots[10]}
