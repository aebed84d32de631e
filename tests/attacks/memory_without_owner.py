"""Fills shared memory and drops its own view of it, again and again: 4 GB stay, and belong to no process.

They must count; the kernel is stopped and started again, and the other cells run.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]
says = "MiB of memory; 2,048 are allowed"

# %% + after setup
import mmap

kept = []
for _ in range(64):
    shared = mmap.mmap(-1, 64 << 20)
    for start in range(0, 64 << 20, 4 << 20):
        shared[start : start + (4 << 20)] = bytes(4 << 20)
        shared.madvise(mmap.MADV_DONTNEED)
    kept.append(shared)
