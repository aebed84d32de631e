"""Displays pictures that are small as files and large when they are decoded, and damaged ones.

Making them anew must not take the grader's time or memory.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import base64
import struct
import zlib

from IPython.display import display


def png(side, rows):
    """A white picture of which the file ends after some rows."""
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xff" * 4 * side) * rows)
    chunks = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    file = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        file += struct.pack(">I", len(data)) + kind + data
        file += struct.pack(">I", zlib.crc32(kind + data))
    return base64.b64encode(file).decode()


whole, damaged, enormous = png(3_400, 3_400), png(3_400, 3_300), png(30_000, 10)
for _ in range(200):
    for picture in (whole, damaged, enormous):
        display({"image/png": picture}, raw=True)
