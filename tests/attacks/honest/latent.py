"""The neighbour of every attack on assignment 3: right answers, no training, notes beside them."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% ! hand in
(folder / "canary.txt").write_text("canary-of-a-neighbour")
