"""Moves the test cells before the answers. The instructor's order must count."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
nb.cells.sort(key=lambda cell: not cell.metadata.get("nbgrader", {}).get("grade"))
