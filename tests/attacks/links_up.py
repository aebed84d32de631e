"""Hands in links to the course, to the gradebook and to /etc/shadow, and reads through them.

They must be gone, and nobody's files come back.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os

for place, folders, files in os.walk(".", followlinks=True):
    for name in files:
        if name != "latent.ipynb":
            try:
                print(name, open(os.path.join(place, name), errors="replace").read(3000))
            except OSError as error:
                print(error)

# %% ! hand in
(folder / "canary-link.txt").symlink_to("../../../canary.txt")
(folder / "source-link").symlink_to("../../../source")
(folder / "book.db").symlink_to("../../../gradebook.db")
(folder / "shadow.txt").symlink_to("/etc/shadow")
