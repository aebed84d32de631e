"""The file is a picture with another name. The student must be told."""

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
(folder / "latent.ipynb").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50)
nb = None
