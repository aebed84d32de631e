"""Hands in a link to a neighbour's notebook in place of one. A link is no notebook."""

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
(folder / "latent.ipynb").symlink_to("../../z_honest/3-latent/latent.ipynb")
nb = None
