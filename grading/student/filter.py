"""Which system calls a student's kernel may not make, and the filter that refuses them.

DENIED, REFUSED_NUMBERS, SOCKETS and the rules of `_program` are the whole policy: what isn't named
there is allowed. A refused call returns an error, as on an older Linux or for an account with fewer
rights; it never ends a process. Numbers: linux/arch/x86/entry/syscalls/syscall_64.tbl and
linux/include/uapi/asm-generic/unistd.h.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence

# {machine: (AUDIT_ARCH_..., its column in the tables)}
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# {why: {call: (number on x86_64, on aarch64)}}: EPERM. Most of the later ones ask for rights that
# nobody has in a sandbox; refused here, Linux's code behind them isn't reached either.
Numbers = tuple[int | None, int | None]
DENIED: dict[str, dict[str, Numbers]] = {
    "memory that belongs to no process, so that nothing could count it": {
        "memfd_create": (319, 279),
        "memfd_secret": (447, 447),
        "shmget": (29, 194),
        "semget": (64, 190),
        "msgget": (68, 186),
        "mq_open": (240, 180),
        "mq_unlink": (241, 181),
    },
    "numbers that this machine gives an account, or all of them, only so many of": {
        "io_setup": (206, 0),
        "inotify_init": (253, None),
        "inotify_init1": (294, 26),
        "fanotify_init": (300, 262),
        "fanotify_mark": (301, 263),
    },
    "other processes: their memory, files and secrets": {
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "process_madvise": (440, 440),
        "process_mrelease": (448, 448),
        "pidfd_getfd": (438, 438),
        "kcmp": (312, 272),
        "move_pages": (279, 239),
        "migrate_pages": (256, 238),
    },
    "the key ring, which a sandbox shares with the account that runs it": {
        "add_key": (248, 217),
        "request_key": (249, 218),
        "keyctl": (250, 219),
    },
    "interfaces behind most exploits of the Linux kernel": {
        "bpf": (321, 280),
        "perf_event_open": (298, 241),
        "userfaultfd": (323, 282),
        "io_uring_setup": (425, 425),
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
    },
    "namespaces and mounts": {
        "unshare": (272, 97),
        "setns": (308, 268),
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "open_tree": (428, 428),
        "move_mount": (429, 429),
        "fsopen": (430, 430),
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "fspick": (433, 433),
        "mount_setattr": (442, 442),
        "statmount": (457, 457),
        "listmount": (458, 458),
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
    },
    "the machine as a whole": {
        "kexec_load": (246, 104),
        "kexec_file_load": (320, 294),
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
        "reboot": (169, 142),
        "syslog": (103, 116),  # the kernel's messages
        "acct": (163, 89),
        "swapon": (167, 224),
        "swapoff": (168, 225),
        "quotactl": (179, 60),
        "quotactl_fd": (443, 443),
        "settimeofday": (164, 170),
        "clock_settime": (227, 112),
        "sethostname": (170, 161),
        "setdomainname": (171, 162),
        "vhangup": (153, 58),
        "lookup_dcookie": (212, 18),
        "nfsservctl": (180, 42),
        "iopl": (172, None),
        "ioperm": (173, None),
        "modify_ldt": (154, None),
        "uselib": (134, None),
        "_sysctl": (156, None),
    },
}
# From here on ENOSYS, as an older Linux says it: calls that came after this table was made, and,
# beyond 0x40000000, the second entry to x86_64's calls (x32). The other entry, of 32-bit programs,
# is another machine to the filter, and has ENOSYS for everything.
FIRST_UNKNOWN = 463  # Linux 6.13
CLONE3 = (435, 435)  # ENOSYS, too: no filter can see its flags, and the C library then uses `clone`
CLONE = (56, 220)
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
PERSONALITY = (135, 92)
PERSONALITIES = (0, 0xFFFFFFFF)  # Linux as it is, and the question which one is in use
# {family: its protocols, all where None}. Others get EAFNOSUPPORT: what a network namespace doesn't
# part (AF_VSOCK: a virtual machine's host), or a rarely used door (AF_ALG, AF_PACKET).
SOCKET, SOCKET_PAIR = (41, 198), (53, 199)
UNIX, INET, NETLINK, INET6 = 1, 2, 16, 10
INTERNET = (0, 6, 17)  # the default, TCP, UDP
SOCKETS: dict[int, Sequence[int] | None] = {
    UNIX: None,
    INET: INTERNET,
    INET6: INTERNET,
    NETLINK: (0,),  # NETLINK_ROUTE, by which the C library finds the machine's addresses
}

Step = tuple[int, int, int, int]  # of classic BPF: code, jump if true, jump if false, operand
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NR, ARCH = 0, 4  # offsets in struct seccomp_data


def _load(offset: int) -> Step:
    return 0x20, 0, 0, offset  # BPF_LD | BPF_W | BPF_ABS


def _load_argument(number: int) -> Step:
    return _load(16 + 8 * number)  # the lower half: both machines are little-endian


def _equal(value: int, *then: Step) -> list[Step]:
    """Steps that are taken where the loaded number is `value`, and passed over elsewhere."""
    return [(0x15, 0, len(then), value), *then]  # BPF_JMP | BPF_JEQ | BPF_K


def _other(value: int, *then: Step) -> list[Step]:
    return [(0x15, len(then), 0, value), *then]


def _at_least(value: int, *then: Step) -> list[Step]:
    return [(0x35, 0, len(then), value), *then]  # BPF_JMP | BPF_JGE | BPF_K


def _any_bit(mask: int, *then: Step) -> list[Step]:
    return [(0x45, 0, len(then), mask), *then]  # BPF_JMP | BPF_JSET | BPF_K


def _fail(error: int) -> Step:
    return 0x06, 0, 0, 0x00050000 | error  # BPF_RET | BPF_K, SECCOMP_RET_ERRNO


ALLOW: Step = (0x06, 0, 0, 0x7FFF0000)  # SECCOMP_RET_ALLOW


def _only(values: Iterable[int], error: int) -> list[Step]:
    """Allow a call where the loaded number is one of `values`, else refuse it."""
    return [*(step for value in values for step in _equal(value, ALLOW)), _fail(error)]


def _socket(families: dict[int, Sequence[int] | None]) -> list[Step]:
    """socket(2) and socketpair(2): (family, type, protocol)."""
    steps = [_load_argument(0)]
    for family, protocols in families.items():
        allowed = [ALLOW] if protocols is None else _only(protocols, EAFNOSUPPORT)
        steps += _equal(family, _load_argument(2), *allowed)
    return [*steps, _fail(EAFNOSUPPORT)]


def _program(machine: str) -> list[Step]:
    """The filter of a machine, as steps of classic BPF."""
    architecture, column = MACHINES[machine]
    numbers = [call[column] for group in DENIED.values() for call in group.values()]
    return [
        _load(ARCH),
        *_other(architecture, _fail(ENOSYS)),
        _load(NR),
        *_at_least(FIRST_UNKNOWN, _fail(ENOSYS)),
        *_equal(CLONE3[column], _fail(ENOSYS)),
        *(step for n in numbers if n is not None for step in _equal(n, _fail(EPERM))),
        *_equal(CLONE[column], _load_argument(0), *_any_bit(NEW_NAMESPACES, _fail(EPERM)), ALLOW),
        *_equal(PERSONALITY[column], _load_argument(0), *_only(PERSONALITIES, EPERM)),
        *_equal(SOCKET[column], *_socket(SOCKETS)),
        *_equal(SOCKET_PAIR[column], *_socket({UNIX: None})),
        ALLOW,
    ]


def is_known_machine() -> bool:
    """Is there a filter for this machine?"""
    return sys.platform == "linux" and platform.machine() in MACHINES


def deny_system_calls() -> None:
    """Put the filter over this process and what it starts from now on, for good.

    On machines whose call numbers aren't listed nothing happens. Raises OSError where the kernel
    refuses the filter.
    """
    if not is_known_machine():
        return
    program = _program(platform.machine())
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    # struct sock_fprog { unsigned short len; struct sock_filter *filter; }
    description = struct.pack("@HP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, filter_mode = 38, 22, 2  # PR_SET_..., SECCOMP_MODE_FILTER
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(
        seccomp, filter_mode, ctypes.create_string_buffer(description), 0, 0
    ):
        error = ctypes.get_errno()
        raise OSError(error, f"the kernel refused the seccomp filter: {os.strerror(error)}")
