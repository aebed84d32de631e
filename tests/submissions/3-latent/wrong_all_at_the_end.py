"""Takes all three snapshots after the training."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "the three snapshots are the same"
solved = ["latent-training"]

# %% + after latent-training
snapshots = {epoch: latent_codes(vae) for epoch in (0, 5, 10)}
