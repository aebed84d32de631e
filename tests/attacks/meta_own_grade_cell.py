"""Adds a graded cell of its own, worth 100 points.

It must count for nothing, and the rest as it is.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
from nbformat.v4 import new_code_cell

marks = {"grade": True, "solution": False, "locked": True, "points": 100, "grade_id": "bonus"}
marks |= {"schema_version": 3, "cell_type": "code"}
nb.cells.append(new_code_cell("print('passed')", metadata={"nbgrader": marks}))
