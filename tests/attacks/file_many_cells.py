"""300,000 empty cells in a file of a megabyte. Reading must stop early, and what was read count."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]
says = "more than 2,000 cells"

# %% ! hand in
import json

text = json.dumps({**nb, "cells": [*nb.cells, {}]}, separators=(",", ":"))
(folder / "latent.ipynb").write_text(text.replace(",{}]", ",{}" * 300_000 + "]"))
nb = None
