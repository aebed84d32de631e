"""Raises an error whose message has 30 MB, in a cell and in a function under test.

The comment must stay short.
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

# %% + after setup
raise ValueError("x" * 30_000_000)


# %% interpolation
def linear_interpolation(x0, x1):
    raise ValueError("y" * 30_000_000)


def latent_linear_interpolation(z0, z1, vae):
    raise type("E" * 10_000, (ValueError,), {})("z" * 30_000_000)
