"""A detached child rewrites the graded notebook and the gradebook some seconds later.

It must not live that long, nor reach them.
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
import subprocess
import sys

code = """
import glob, sqlite3, time
for _ in range(60):
    time.sleep(0.5)
    for file in glob.glob("../../../gradebook.db"):
        with sqlite3.connect(file) as book:
            book.execute("UPDATE grade SET manual_score = 9 WHERE auto_score = 0")
"""
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
