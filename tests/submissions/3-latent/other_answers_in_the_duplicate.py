"""Works in JupyterLab's duplicate: the file of the right name is as it was handed out."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import handin
import nbformat

nbformat.write(nb, folder / "latent-Copy1.ipynb")
nb = nbformat.read(handin.ROOT / "release" / "3-latent" / "latent.ipynb", 4)
