"""Makes 30,000 empty files (and no more). They must be gone afterwards."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os

os.mkdir("attack-files")
try:
    for number in range(30_000):
        open(f"attack-files/{number}", "w").close()
except OSError as error:
    print(error)
