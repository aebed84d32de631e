"""Asks for a kernel that does not exist, in another language. The course's kernel must be used."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
nb.metadata["kernelspec"] = {"name": "../../evil", "display_name": "Evil", "language": "bash"}
nb.metadata["language_info"] = {"name": "bash"}
