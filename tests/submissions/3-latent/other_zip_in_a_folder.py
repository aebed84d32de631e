"""Hands in a zip of the folder, made on a Mac."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import zipfile

import nbformat

with zipfile.ZipFile(folder / "homework.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("__MACOSX/3-latent/._latent.ipynb", b"\0\5\26\7")
    archive.writestr("3-latent/latent.ipynb", nbformat.writes(nb))
nb = None
