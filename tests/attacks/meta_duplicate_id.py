"""Gives two test cells the same grade_id, as a copied cell has.

It must be graded, and so must the next student.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
tests = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
tests[0].metadata["nbgrader"]["grade_id"] = tests[1].metadata["nbgrader"]["grade_id"]
nb.cells.append(tests[1].copy())
