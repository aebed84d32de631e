"""Announces an answer of 200 MB and sends a byte a second. The test must end within its time."""

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
import os
import sys
import time

if "grading.student.serve" in sys.modules:

    def slowly(line):
        line.recv_bytes()
        os.write(line.fileno(), (200 << 20).to_bytes(4, "big"))
        while True:
            time.sleep(1)
            os.write(line.fileno(), b"x")

    sys.modules["grading.student.serve"]._answer_all = slowly


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
