"""A folder has the notebook's name. The student must be told."""

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
(folder / "latent.ipynb").mkdir()
(folder / "latent.ipynb" / "latent.ipynb").write_text("{}")
nb = None
