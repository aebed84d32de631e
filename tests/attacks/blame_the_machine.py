"""A cell of its own before the instructor's first one has that hang, so that the machine seems slow."""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% ! hand in
from nbformat.v4 import new_code_cell

hang = "import time, helpers.data\nhelpers.data.load_mnist = lambda **_: time.sleep(600)"
nb.cells.insert(0, new_code_cell(hang))
