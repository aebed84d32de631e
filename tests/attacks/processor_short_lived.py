"""Computes in children that live for half a second each and that nobody collects, so that no process ever uses much.

What all of them used must count, those that have ended, too.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import signal
import time

usual = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
end = time.monotonic() + 4
while time.monotonic() < end:
    for _ in range(4):
        if os.fork() == 0:
            stop = time.process_time() + 0.5
            while time.process_time() < stop:
                pass
            os._exit(0)
    time.sleep(1)
signal.signal(signal.SIGCHLD, usual)
