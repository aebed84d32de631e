"""Replaces the compiler of the shell, so that test cells become `pass`.

Tests must not be replaced.
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
import builtins

real = builtins.compile


def compiled(source, *args, **kwargs):
    text = source if isinstance(source, str) else __import__("ast").dump(source)
    return real("pass" if "check_values" in text or "Report" in text else source, *args, **kwargs)


builtins.compile = compiled
type(get_ipython().compile).__call__ = lambda self, source, *args, **kwargs: compiled(source, *args)


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
