"""Prints its own graded notebook, with the hidden tests in it. There must be no notebook."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import glob

for name in glob.glob("**/*.ipynb", recursive=True) + glob.glob("../**/*.ipynb", recursive=True):
    print(open(name).read())
