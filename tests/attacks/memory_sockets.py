"""Fills the buffers of sockets, thousands of them in several processes: memory of Linux's that is in no process.

Sockets must be limited, and what fits into them count.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]
says = "A limit of the grader's was reached"

# %% + after setup
import os
import resource
import socket
import time

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
children = [os.fork() for _ in range(3)]
kept = []
try:
    while len(kept) < 1000:
        kept.append(socket.socketpair())
        for end in kept[-1]:
            end.setblocking(False)
            try:
                while end.send(bytes(1 << 16)):
                    pass
            except BlockingIOError:
                pass
except OSError:
    time.sleep(20)
