"""Sends 60 messages of 15 MB, each as large as a message may be, faster than they are read.

What waits to be read must not fill the grader's memory.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
from IPython.display import display

text = "x" * 15_000_000
for _ in range(60):
    display({"text/plain": text}, raw=True)
