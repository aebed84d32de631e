"""Puts the tag skip-execution on the test cells.

Submitted tags must not count: the tests run and fail.
"""

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
for cell in nb.cells:
    if cell.metadata.get("nbgrader", {}).get("grade"):
        cell.metadata["tags"] = ["skip-execution"]
