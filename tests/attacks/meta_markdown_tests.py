"""Turns the test cells into text that says "passed". They must run and fail."""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0


# %% ! hand in
from nbformat.v4 import new_markdown_cell

for number, cell in enumerate(nb.cells):
    if cell.metadata.get("nbgrader", {}).get("grade"):
        marks = {"nbgrader": {**cell.metadata["nbgrader"], "cell_type": "markdown"}}
        nb.cells[number] = new_markdown_cell("passed", metadata=marks)
