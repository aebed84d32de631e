"""A cell ignores SIGINT and SIGTERM and sleeps for ever.

Its time must end; the other cells must run.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import signal
import time

for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
    signal.signal(signum, signal.SIG_IGN)
while True:
    time.sleep(0.1)
