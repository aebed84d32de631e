"""All metadata of all cells is lost, as some editors do.

The cells' own ids still tell what they are.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
nb.metadata = {}
for cell in nb.cells:
    cell.metadata = {}
