"""Starts 300 processes (and no more), above the limit.

They must all end; the other cells must run.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import time

for _ in range(300):
    try:
        child = os.fork()
    except OSError as error:
        print(error)
        break
    if child == 0:
        time.sleep(120)
        os._exit(0)
