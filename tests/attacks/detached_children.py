"""Starts five detached processes that sleep for ten minutes. None must be left."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import subprocess

for _ in range(5):
    subprocess.Popen(["sleep", "600"], start_new_session=True)
