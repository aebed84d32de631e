"""Tries every door between its process and what started it: process 1 of the namespace, its
memory and files, other namespaces, mounts, keys, handles of files, new programs' rights.

All of them must be closed; each that opens prints a canary.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]

# %% + after setup
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def opened(name, result=None):
    print("canary-of-" + "the-course", name, result)


ATTACH, NEW_USER, NEW_MOUNTS, DETACH, READ_IMPLIES_EXEC, FIFO = 16, 0x10000000, 0x20000, 2, 0x400000, 1
space = ctypes.create_string_buffer(256)
for name, call in {
    "ptrace": lambda: libc.ptrace(ATTACH, 1, 0, 0),
    "process_vm_readv": lambda: libc.process_vm_readv(1, space, 1, space, 1, 0),
    "unshare users": lambda: libc.unshare(NEW_USER),
    "unshare mounts": lambda: libc.unshare(NEW_MOUNTS),
    "umount": lambda: libc.umount2(b"/run/kernels", DETACH),
    "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
    "name_to_handle_at": lambda: libc.name_to_handle_at(-100, b"/usr", space, space, 0),
    "open_by_handle_at": lambda: libc.open_by_handle_at(3, space, 0),
    "inotify_init": lambda: libc.inotify_init(),
    "mq_open": lambda: libc.mq_open(b"/queue", os.O_CREAT | os.O_RDWR, 0o600, None),
    "semget": lambda: libc.semget(0, 1, 0o600),
    "personality": lambda: libc.personality(READ_IMPLIES_EXEC),
    "sched_setscheduler": lambda: libc.sched_setscheduler(0, FIFO, ctypes.byref(ctypes.c_int(1))),
}.items():
    if call() != -1:
        opened(name)

for name in ("mem", "environ", "maps", "root", "cwd", "exe", "fd/0", "ns/mnt", "ns/user"):
    try:
        opened(name, os.open(f"/proc/1/{name}", os.O_RDONLY))
    except OSError:
        pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/self/oom_score_adj", "/run/kernel/connection.json"):
    try:
        opened(path, os.open(path, os.O_WRONLY))
    except OSError:
        pass
if sorted(name for name in os.listdir("/proc") if name.isdigit()) != ["1", str(os.getpid())]:
    opened("other processes")
if "/helpers " in open("/proc/self/mountinfo").read():
    opened("where the course is")
for folder in ("/usr/local/share", "/usr/local/etc", "/usr/src", "/etc/ssh", "/run/kernels/kernel-x"):
    if os.path.exists(folder):
        opened(folder)
