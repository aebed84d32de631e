"""The file begins with a byte order mark, as some Windows editors write it. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import nbformat

(folder / "latent.ipynb").write_text("\ufeff" + nbformat.writes(nb), encoding="utf-8")
nb = None
