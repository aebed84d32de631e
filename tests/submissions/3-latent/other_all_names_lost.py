"""A tool for clean diffs took all metadata off the cells and numbered them anew."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
for number, cell in enumerate(nb.cells):
    cell.metadata.clear()
    cell.id = str(number)
