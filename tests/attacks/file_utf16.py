"""The file is in UTF-16. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import nbformat

(folder / "latent.ipynb").write_text(nbformat.writes(nb), encoding="utf-16")
nb = None
