"""Becomes the kernel that a student's code runs in: `python -P -s launch.py SETTINGS`.

This is the first thing that runs in the student's process, inside the sandbox where there is one.
It sets the limits, copies the student's files in, closes the system calls that a notebook has no
use for, and hands over to ipykernel. SETTINGS is the JSON of a `Settings`.
Only the standard library is imported before the student's files arrive, and their folder comes
last in `sys.path`: a `torch.py` or `helpers.py` among them shadows nothing.
"""

import ctypes
import json
import os
import platform
import shutil
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

if sys.platform != "win32":
    import resource

# Memory that belongs to no process (so that nothing could count it), the key ring that a sandbox
# shares with the account that runs it, and the interfaces behind most kernel exploits.
# linux/include/uapi/asm-generic/unistd.h, linux/arch/x86/entry/syscalls/syscall_64.tbl
AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
DENIED_CALLS = {
    "memfd_create": {"x86_64": 319, "aarch64": 279},
    "memfd_secret": {"x86_64": 447, "aarch64": 447},
    "shmget": {"x86_64": 29, "aarch64": 194},
    "msgget": {"x86_64": 68, "aarch64": 186},
    "add_key": {"x86_64": 248, "aarch64": 217},
    "request_key": {"x86_64": 249, "aarch64": 218},
    "keyctl": {"x86_64": 250, "aarch64": 219},
    "bpf": {"x86_64": 321, "aarch64": 280},
    "perf_event_open": {"x86_64": 298, "aarch64": 241},
    "userfaultfd": {"x86_64": 323, "aarch64": 282},
    "io_uring_setup": {"x86_64": 425, "aarch64": 425},
}
X32_BIT = 0x40000000  # x86_64 offers every call a second time under this number


@dataclass(frozen=True)
class Settings:
    """What a kernel is started with: plain data, which travels as JSON."""

    connection_file: str  # Jupyter's, as seen from the kernel
    arguments: list[str]  # more of them, for ipykernel
    packages: list[str]  # folders that come first in `sys.path`: the course's own packages
    site_packages: list[str]  # folders that come last: what this Python has installed
    limits: Mapping[str, Sequence[int]]  # see `set_limits`
    sockets: Mapping[str, int]  # the kernel's listening sockets: {address: fd}
    files: str | None  # folder of the student's files, where they have to be copied from
    handshake: int | None  # see `await_confirmation`; None without a sandbox


def set_limits(limits: Mapping[str, Sequence[int]]) -> None:
    """Apply `limits`, {name of a resource: (soft, hard)}, to this process and its children.

    "NPROC" for RLIMIT_NPROC, say. Names that this system lacks are passed over, and a limit that
    is already lower stays.
    """
    if sys.platform == "win32":
        return
    for name, wanted in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None:
            continue
        present = resource.getrlimit(number)[1]
        if present != resource.RLIM_INFINITY:
            wanted = [min(value, present) for value in wanted]  # noqa: PLW2901
        soft, hard = wanted
        resource.setrlimit(number, (soft, hard))


def copy_files(source: str) -> None:
    """Copy all that is in the folder `source` here; what can't be copied is no reason to stop."""
    try:
        shutil.copytree(source, ".", dirs_exist_ok=True, copy_function=shutil.copyfile)
    except (OSError, shutil.Error) as error:
        print(f"files of the submission are missing: {error}", file=sys.stderr)


def deny_system_calls() -> None:
    """Make the DENIED_CALLS fail with EPERM from now on, in this process and its children.

    A seccomp filter in classic BPF, on the two machines whose call numbers are listed; elsewhere
    nothing happens. Raises OSError where the kernel refuses the filter.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in AUDIT_ARCHITECTURE:
        return
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, JEQ|K, JGE|K, RET|K
    kill, deny, allow = 0x80000000, 0x00050001, 0x7FFF0000  # RET_KILL_PROCESS, ERRNO|EPERM, ALLOW
    numbers = [call[machine] for call in DENIED_CALLS.values()]
    program = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 1, 0, AUDIT_ARCHITECTURE[machine]),
        (answer, 0, 0, kill),
        (load, 0, 0, 0),  # seccomp_data.nr
        (at_least, len(numbers) + 1, 0, X32_BIT),
        *((equal, len(numbers) - i, 0, number) for i, number in enumerate(numbers)),
        (answer, 0, 0, allow),
        (answer, 0, 0, deny),
    ]
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


def await_confirmation(handshake: int) -> None:
    """Tell grading that all is ready, and wait until it has seen the sandbox in force; or exit.

    handshake: fd of a stream socket, closed here. Its other end goes with the process that grades:
    a kernel whose sandbox lost it while still being set up, and so would outlive it, ends here.
    """
    with socket.socket(fileno=handshake) as connection:
        connection.sendall(b"!")
        if not connection.recv(1):
            sys.exit("The process that grades has ended.")


def use_listening_sockets(listening: Mapping[str, int]) -> None:
    """Make pyzmq use sockets that already listen: `listening` maps an address to its fd.

    They were made outside, where the names of the sockets are; in here nothing can be written
    beside them, so that a student's code never reaches the disk of the host.
    """
    import zmq  # noqa: PLC0415 (see the module's docstring)

    bind = zmq.Socket.bind

    def bind_to_given(self: "zmq.Socket[Any]", address: str) -> Any:
        if address in listening:
            self.setsockopt(zmq.USE_FD, listening[address])
        return bind(self, address)

    setattr(zmq.Socket, "bind", bind_to_given)  # noqa: B010 (to a type checker a method stays)


def extend_import_path(packages: Sequence[str], site_packages: Sequence[str]) -> None:
    """Put the course's packages first in `sys.path`, and what this Python has installed last."""
    sys.path[:0] = packages
    sys.path += [entry for entry in site_packages if entry not in sys.path]


def run_kernel(settings: Settings) -> None:
    """Do all that this module is for, and run the kernel until it ends."""
    sys.path.append(os.getcwd())
    set_limits(settings.limits)
    if settings.files:
        copy_files(settings.files)
    use_listening_sockets(settings.sockets)
    if settings.handshake is not None:
        deny_system_calls()
        await_confirmation(settings.handshake)

    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415

    connection = ["-f", settings.connection_file]
    sys.argv = ["ipykernel_launcher", *connection]
    IPKernelApp.launch_instance(
        argv=[
            *connection,
            "--HistoryManager.hist_file=:memory:",
            "--InteractiveShellApp.ignore_cwd=True",
            *settings.arguments,
        ]
    )


def main() -> None:
    """Run a kernel by the settings in the first argument."""
    settings = Settings(**json.loads(sys.argv[1]))
    extend_import_path(settings.packages, settings.site_packages)
    run_kernel(settings)


if __name__ == "__main__":
    main()
