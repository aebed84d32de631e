"""Hands in a folder without a notebook."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% ! hand in
(folder / "notes.txt").write_text("I will hand it in tomorrow, sorry!")
nb = None
