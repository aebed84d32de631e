"""Computes in 20 processes at once, each in a session of its own, so that Linux shares the processors out among
21 and not among two.

They must take turns with the other notebooks, not with each other; the answers count.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import time

end = time.monotonic() + 4
children = []
for _ in range(20):
    children.append(os.fork())
    if children[-1] == 0:
        os.setsid()
        while time.monotonic() < end:
            pass
        os._exit(0)
for child in children:
    os.waitpid(child, 0)
