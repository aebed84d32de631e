"""Mixes up the order of the snapshots: the one before training is stored as the last."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
solved = ["latent-training"]

# %% + after latent-training
snapshots = {0: snapshots[10], 5: snapshots[5], 10: snapshots[0]}
