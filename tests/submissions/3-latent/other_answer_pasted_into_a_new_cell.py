"""Cuts the answer and pastes it into a new cell, which bears no name; the old cell is gone."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
from nbformat.v4 import new_code_cell

marks = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
at = marks.index("interpolation")
nb.cells[at] = new_code_cell(nb.cells[at].source)
