"""The file has 300 MB. It must not be read, and the student be told."""

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
(folder / "latent.ipynb").write_text("[" + " " * (300 << 20) + "]")
nb = None
