"""Looks at a byte in every 2 MB of 600 GB that nobody filled: what that costs is the kernel's page tables.

They must count, or not be had.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import ctypes
import mmap

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
size, no_reserve, no_huge_pages = 600 << 30, 0x4000, 15
at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve, -1, 0)
libc.madvise(at, size, no_huge_pages)
for place in range(at, at + size, 2 << 20):
    ctypes.c_char.from_address(place).value
