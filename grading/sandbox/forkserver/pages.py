"""What all kernels share is put into huge pages, so that a fork has few entries to copy.

A fork copies an entry for each page that the process has filled: 100,000 where it has imported
torch. That happens three times for a kernel, and the three give them back when they end. A page of
2 MiB has one entry instead of 512, until somebody writes there.
"""

import ctypes
from pathlib import Path

HUGE = 2 << 20  # bytes
COLLAPSE = 25  # MADV_COLLAPSE, linux/include/uapi/asm-generic/mman-common.h


def collapse_pages() -> None:
    """Put this process's memory into huge pages: half a second for torch and what goes with it.

    Before Linux 6.1, and where it hasn't so much memory in one piece, all stays as it is.
    """
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, inode = line.split()[:5]
        if rights == "rw-p" and inode == "0":  # filled by this process, not from a file
            start, end = (int(address, 16) for address in addresses.split("-"))
            start, end = -(-start // HUGE) * HUGE, end // HUGE * HUGE
            if start < end:
                madvise(start, end - start, COLLAPSE)
