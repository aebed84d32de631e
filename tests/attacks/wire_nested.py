"""Returns lists nested 100,000 deep, lists of ten million numbers, and answers with JSON as deep.

The judge must survive.
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

# %% + after setup
import itertools
import sys

if "grading.student.serve" in sys.modules:
    real = sys.modules["grading.student.serve"]._answer
    deep = b"[" * 1_000_000 + b"]" * 1_000_000
    turn = itertools.cycle([real, lambda raw: len(deep).to_bytes(8, "big") + deep])
    sys.modules["grading.student.serve"]._answer = lambda raw: next(turn)(raw)


# %% interpolation
def linear_interpolation(x0, x1):
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest


def latent_linear_interpolation(z0, z1, vae):
    return list(range(10_000_000))
