"""Answers the judge with 400 MB, past its own side's limit. The answer must not be read."""

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
import sys

if "grading.wire" in sys.modules:
    sys.modules["grading.wire"].encode.__defaults__ = (1 << 40,)


# %% interpolation
def linear_interpolation(x0, x1):
    return torch.zeros(100_000_000)


def latent_linear_interpolation(z0, z1, vae):
    return torch.zeros(100_000_000)
