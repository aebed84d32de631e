"""Registers an input transformer that replaces the text of test cells.

Tests must not be replaced.
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
get_ipython().input_transformers_post.append(
    lambda lines: ["pass\n"] if any("with Report(" in line for line in lines) else lines
)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
