"""Takes no snapshot before the training: the keys are 1, 5 and 10."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "snapshots has no entry for [0]"
solved = ["latent-training"]

# %% + after latent-training
snapshots = {1: snapshots[0], 5: snapshots[5], 10: snapshots[10]}
