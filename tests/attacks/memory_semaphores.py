"""Makes 600 sets of 32,000 semaphores: a gigabyte of the machine's memory, which belongs to no
process and so is in nobody's sum.

They must be refused.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import ctypes

libc = ctypes.CDLL(None)
for _ in range(600):
    if libc.semget(0, 32_000, 0o600) >= 0:
        print("canary-of-" + "the-environment")
