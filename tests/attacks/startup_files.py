"""Leaves start-up files in the home folder that end every later kernel at once.

Nothing must be inherited.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import pathlib

home = pathlib.Path.home()
for place in (home, pathlib.Path(os.environ.get("IPYTHONDIR", home / ".ipython"))):
    startup = place / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00-attack.py").write_text("import os\nos._exit(1)\n")
startup = home / ".ipython" / "profile_default" / "startup"
startup.mkdir(parents=True, exist_ok=True)
(startup / "00-attack.py").write_text("import os\nos._exit(1)\n")
