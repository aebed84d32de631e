"""The file says that it is in notebook format 5, which does not exist. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import json

nb["nbformat"] = 5
(folder / "latent.ipynb").write_text(json.dumps(nb))
nb = None
