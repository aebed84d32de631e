"""Fills 3 GB of memory (and no more), above the limit.

The allocation must fail, or the kernel be stopped and started again; the other cells must run.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
kept = []
try:
    for _ in range(60):
        kept.append(torch.ones(50 << 20, dtype=torch.uint8))
except RuntimeError:
    kept.clear()
