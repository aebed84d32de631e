"""The neighbour of every attack on assignment 1: the noise is right, the network not yet written."""

assignment = "1-denoising"
expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]

# %% ! hand in
(folder / "canary.txt").write_text("canary-of-a-neighbour")
