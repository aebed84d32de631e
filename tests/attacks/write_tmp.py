"""Leaves files in /tmp, /var/tmp, /dev/shm and beside Python's packages.

None must be there afterwards.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import pathlib

places = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/", str(pathlib.Path(torch.__file__).parent)]
for place in places:
    try:
        pathlib.Path(place, "attack-was-here").write_text("x")
    except OSError as error:
        print(error)
