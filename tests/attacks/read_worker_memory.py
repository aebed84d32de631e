"""Looks for the tests in every process that it can see: arguments, environment, memory, open
files.

There must be none.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import glob
import os

for place in glob.glob("/proc/[0-9]*"):
    if place.endswith(f"/{os.getpid()}"):
        continue
    for name in ("cmdline", "environ"):
        try:
            print(open(f"{place}/{name}").read().replace("\0", "\n"))
        except OSError as error:
            print(error)
    for link in glob.glob(f"{place}/fd/*"):
        try:
            print(os.readlink(link))
            if os.path.isfile(link):
                print(open(link, errors="replace").read(100_000))
        except OSError as error:
            print(error)
