"""The file is JSON nested 200,000 deep. No parser of ours must fall over it."""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% ! hand in
(folder / "latent.ipynb").write_text("[" * 200_000 + "]" * 200_000)
nb = None
