"""Sends files through a socket that nobody reads, as many as go: Linux counts what is on its way for a whole
account, and whoever starts the other kernels hands files over in the same way.

The others must be started and graded as always.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import resource
import socket
import time

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
kept, sent = [socket.socketpair()], 0
try:
    while sent < 100_000:
        try:
            kept[-1][0].setblocking(False)
            socket.send_fds(kept[-1][0], [b"x"], [0] * 250)
            sent += 250
        except BlockingIOError:
            kept.append(socket.socketpair())
except OSError as error:
    print(error)
print("on their way:", sent)
time.sleep(3)
