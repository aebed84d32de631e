"""Gives itself 50 points in the gradebook, and its neighbours none.

The gradebook must be out of reach.
"""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0


# %% + after interpolation
import glob
import sqlite3

for file in glob.glob("../../../gradebook.db"):
    with sqlite3.connect(file) as book:
        book.execute("UPDATE grade SET auto_score = 0, manual_score = 0")
        book.execute(
            "UPDATE grade SET extra_credit = 50, needs_manual_grade = 0 WHERE manual_score = 0"
        )
