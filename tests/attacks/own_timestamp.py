"""Hands in its own timestamp.txt, which is none. It must be graded."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
(folder / "timestamp.txt").write_text("the day after tomorrow" * 1000)
