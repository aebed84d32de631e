"""In the place of the folder, hands in a link to a neighbour's. A link is no submission."""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "What was handed in is a link."

# %% ! hand in
folder.rmdir()
folder.symlink_to("../z_honest/3-latent")
nb = None
