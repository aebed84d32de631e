"""Sets schema_version to 1 and to 99, as a much older or newer nbgrader would.

All must be graded.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
for cell, version in zip(nb.cells, [1, 99] * len(nb.cells)):
    if "nbgrader" in cell.metadata:
        cell.metadata["nbgrader"]["schema_version"] = version
