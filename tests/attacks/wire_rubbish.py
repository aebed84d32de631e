"""Answers the judge with rubbish, empty messages, wrong JSON and numbers.

None is an answer; each must be named.
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
says = "gave no valid answer"

# %% + after setup
import itertools
import os
import sys

rubbish = itertools.cycle(
    [b"", os.urandom(5000), b"\0" * 8, (2).to_bytes(8, "big") + b"{}", b"\xff" * 16]
)
if "grading.student.serve" in sys.modules:
    sys.modules["grading.student.serve"]._answer = lambda raw: next(rubbish)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
