"""Asks for input in a cell, and changes the working directory. It must be graded at once."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import os

os.chdir("/")
name = input("Your name? ")
