"""Answers with tensors whose shapes and sizes are lies: negative, a terabyte in four bytes, other
types, unknown objects.

None must be believed, nor take memory.
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
import json
import sys

SHAPES = [
    [1 << 39],
    [-1],
    [1 << 20, 1 << 20],
    ["1"],
    [[1]],
    [True],
    [0] * 40,
    [1 << 62, 0],
    [2**31, 2**31],
]
lies = [
    {"arrays": [{"torch": "float32", "shape": s, "device": "cpu"}], "value": ["tensor", 0]}
    for s in SHAPES
]
lies += [
    {"arrays": [], "value": value} for value in (["tensor", 0], ["object", {}], ["dict", [[1]]])
]
lies += [
    {"arrays": [], "value": ["object", {"id": "1", "type": "VAE"}]},
    {"arrays": [], "value": ["dtype", "x"]},
]
lies += [{"arrays": [], "value": ["Size", [-5]]}, {"arrays": "x"}, [], {"arrays": [], "error": 5}]
lies += [
    {"arrays": [], "value": 1, "changed": [[99, 99]]},
    {"arrays": [], "value": 1, "joined": [-1], "call": -1},
]
turn = itertools.cycle(lies)


def answer(raw):
    text = json.dumps(next(turn)).encode()
    return len(text).to_bytes(8, "big") + text + b"\0\0\0\0"


if "grading.student.serve" in sys.modules:
    sys.modules["grading.student.serve"]._answer = answer


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
