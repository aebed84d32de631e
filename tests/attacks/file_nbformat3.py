"""The file was saved in notebook format 3. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import json
import warnings

import nbformat

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    old = nbformat.convert(nb, 3)
(folder / "latent.ipynb").write_text(json.dumps(old))
nb = None
