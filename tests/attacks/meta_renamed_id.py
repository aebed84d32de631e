"""Renames the grade_id of the tests. It must be graded with the instructor's names."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
for number, cell in enumerate(nb.cells):
    if cell.metadata.get("nbgrader", {}).get("grade"):
        cell.metadata["nbgrader"]["grade_id"] = f"mine-{number}"
        cell.id = f"mine-{number}"
