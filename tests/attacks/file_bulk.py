"""Twelve files of 60 MB without content, and folders in one another so deep that no path leads there.
They must not be written out, and other students be graded."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import os

for n in range(12):
    with open(folder / f"sparse-{n}.bin", "wb") as file:
        file.truncate(60 << 20)
at = os.open(folder, os.O_RDONLY)
for _ in range(600):
    os.mkdir("deeper", dir_fd=at)
    below = os.open("deeper", os.O_RDONLY, dir_fd=at)
    os.close(at)
    at = below
os.close(at)
