"""Two hundred cells of the student's own print 280 kB each, as much as a cell may.

The sum over all cells must stay small, in the graded notebook and on the page.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
from nbformat.v4 import new_code_cell

nb.cells += [new_code_cell("print('x' * 280_000)") for _ in range(200)]
