"""Returns iterators and containers without an end, or with a length that is a lie.

The judge must take a limited part.
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


class Long:
    def __len__(self):
        return 1 << 62

    def __iter__(self):
        return itertools.count()

    def __getitem__(self, key):
        return Long()


def linear_interpolation(x0, x1):
    return itertools.count()


def latent_linear_interpolation(z0, z1, vae):
    return Long()
