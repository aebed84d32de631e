"""The file and its cells have Windows' line ends. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import nbformat

for cell in nb.cells:
    cell.source = cell.source.replace("\n", "\r\n")
(folder / "latent.ipynb").write_bytes(nbformat.writes(nb).replace("\n", "\r\n").encode())
nb = None
