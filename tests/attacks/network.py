"""Tells a server on this machine what it has seen, by TCP, by UDP and by a socket without a file.

Nothing must arrive.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import socket

for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    for host in ("127.0.0.1", "localhost"):
        try:
            with socket.socket(socket.AF_INET, kind) as line:
                line.settimeout(2)
                line.connect((host, 47123))
                line.send(b"attack")
        except OSError as error:
            print(error)
try:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect("\0course-attack")
        line.send(b"attack")
except OSError as error:
    print(error)
