"""Hands in a named pipe in place of the notebook. It must be told that there is no notebook."""

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
import os

os.mkfifo(folder / "latent.ipynb")
nb = None
