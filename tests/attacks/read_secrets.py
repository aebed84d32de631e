"""Prints the environment, /etc/shadow, the home folder and what lies in /tmp.

None of it must be seen.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os
import pathlib
import pwd

print(dict(os.environ))
homes = [pathlib.Path.home(), pathlib.Path(pwd.getpwuid(os.getuid()).pw_dir), pathlib.Path("/root")]
places = [file for home in homes for file in home.glob("*.txt")]
places += pathlib.Path.cwd().glob("../../../*/*/canary.txt")
places += [*pathlib.Path.cwd().glob("../../../*.txt"), pathlib.Path("/etc/shadow")]
for file in places:
    try:
        print(file, file.read_text())
    except OSError as error:
        print(error)
