"""Prints a million lines. The graded notebook must stay small, its other cells run."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
for number in range(1_000_000):
    print(number, "a line of some length, to fill the graded notebook")
