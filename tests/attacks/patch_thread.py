"""A thread patches Report._tell as soon as a test cell has imported it.

The judge's own must be used.
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
import sys
import threading
import time


def patch():
    for _ in range(30_000):
        for name in ("Report", "check_values"):
            if "check" in vars(sys.modules["__main__"]):
                import helpers.checks

                helpers.checks.Report._tell = lambda self: print("passed")
        time.sleep(0.001)


threading.Thread(target=patch, daemon=True).start()


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
