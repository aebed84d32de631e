"""Hands in the notebook under the name that a second download gave it."""

expected = {"test-vae-elbo": 0, "test-vae-history": 0}
solved = ["vae-loss", "vae"]

# %% ! hand in
import nbformat

nbformat.write(nb, folder / "vae (1).ipynb")
nb = None
