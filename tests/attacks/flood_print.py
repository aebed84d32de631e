"""Prints 100 MB at once. The graded notebook must stay small, its other cells run."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
print("x" * 100_000_000)
