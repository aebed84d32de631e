"""Forks 60 children that share 300 MB with it: not much, but whoever counts has 40 GB of pages to look through.

Looking must cost little, and the answers count.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import time

kept = bytearray(300 << 20)
for place in range(0, len(kept), 4096):
    kept[place] = 1
children = []
for _ in range(60):
    children.append(os.fork())
    if children[-1] == 0:
        time.sleep(3)
        os._exit(0)
for child in children:
    os.waitpid(child, 0)
