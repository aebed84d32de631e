"""Adds 2,000 code cells. Neither grading nor the page must grow with them."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]
says = "the first 50 were run"

# %% ! hand in
from nbformat.v4 import new_code_cell

nb.cells += [new_code_cell("1") for _ in range(2000)]
