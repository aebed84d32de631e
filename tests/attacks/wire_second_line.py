"""A thread calls the judge again and again: with rubbish, with nothing, with the token that it has
seen.

No second line must count, and no test may hang.
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

if "grading.student.serve" in sys.modules:
    serving = sys.modules["grading.student.serve"]
    real, kept = serving.serve, []

    def call(address, token):
        for word in (token.encode(), b"", b"x" * 1000, token.encode()):
            try:
                line = serving.Client(address)
                kept.append(line)
                if word:
                    line.send_bytes(word)
            except OSError:
                time.sleep(0.1)

    def serve(address, token):
        threading.Thread(target=call, args=(address, token), daemon=True).start()
        real(address, token)
        threading.Thread(target=call, args=(address, token), daemon=True).start()

    serving.serve = serve


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
