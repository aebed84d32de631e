"""Adds a second answer cell with the name of the first, which breaks the functions only in the
copy.

The first one is the answer; the copy runs as the student's own cell.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
from copy import deepcopy

answer = next(
    c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "interpolation"
)
twin = deepcopy(answer)
twin.source = "print('a copy that does nothing')"
twin.id = "twin"
nb.cells.insert(nb.cells.index(answer) + 1, twin)
