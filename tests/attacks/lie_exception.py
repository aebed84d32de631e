"""Raises a different odd exception at each call, some of which end test runners or look like
iteration's end.

Each is a failure.
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
import itertools

ODD = [
    SystemExit(0),
    KeyboardInterrupt(),
    StopIteration(),
    GeneratorExit(),
    NameError("x"),
    AssertionError(),
]
ODD += [
    type("StudentStopped", (BaseException,), {})(),
    MemoryError(),
    RecursionError(),
    ImportError(),
]
turn = itertools.cycle(ODD)


def linear_interpolation(x0, x1):
    raise next(turn)


def latent_linear_interpolation(z0, z1, vae):
    raise next(turn)
