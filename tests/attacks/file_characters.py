"""Cells with half characters, zero bytes, right-to-left marks and cell ids of 10,000 characters.

It must be graded.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
import json

nb["cells"].append(
    {"cell_type": "code", "id": "x" * 10_000, "source": "'\ud800 \u202e'", "metadata": {}}
)
nb["cells"].append(
    {"cell_type": "code", "id": None, "source": ["print('\0')", 5, None], "metadata": None}
)
nb["cells"] += [None, 7, {"cell_type": []}, {"cell_type": "code", "metadata": {"nbgrader": []}}]
(folder / "latent.ipynb").write_text(json.dumps(nb))
nb = None
