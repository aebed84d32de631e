"""Displays 50 MB of HTML, and many small pictures.

The graded notebook must stay small, its other cells run.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
from IPython.display import HTML, display

display(HTML("<b>x</b>" * 6_000_000))
for _ in range(2000):
    display(HTML("<i>y</i>" * 100))
