"""Overwrites a neighbour's submission, another's graded notebook, and the course's own files.

They must be out of reach.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import glob
import os

for pattern in ("submitted/z_honest/*/*", "autograded/a_honest/*/*", "source/*/*.py"):
    for file in glob.glob(f"../../../{pattern}"):
        os.chmod(file, 0o600)
        open(file, "w").write("attacked")
