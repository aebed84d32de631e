"""Puts the tag skip-execution on set-up and answers, by accident.

Submitted tags must not count: full points.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
for cell in nb.cells:
    cell.metadata["tags"] = ["skip-execution"]
