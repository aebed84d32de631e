"""Hands in a named pipe and a socket beside the notebook: whoever reads them waits for ever.

Nobody must.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import os
import socket

os.mkfifo(folder / "pipe.txt")
here = os.open(folder, os.O_RDONLY)
with socket.socket(socket.AF_UNIX) as door:
    door.bind(f"/proc/self/fd/{here}/door")
os.close(here)
