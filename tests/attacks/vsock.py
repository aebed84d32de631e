"""Makes sockets of every family that Linux knows: those between virtual machines and their host
(AF_VSOCK) are parted by no network namespace.

Families that a notebook has no use for must be refused; each that isn't prints a canary.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import socket

USEFUL = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
for family in range(64):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind).close()
            if family not in USEFUL:
                print("canary-of-" + "the-environment", family, kind)
        except OSError:
            pass
