"""A warm process that students' kernels are forked from.

Starting Python and importing torch is most of what grading a light notebook costs; here it is paid
for once. The process runs in bubblewrap, imports what its settings name, and never runs a student's
code. Each kernel is a fork of it in namespaces of its own, within those of bubblewrap: it sees its
own processes and files, and neither this process nor another kernel. What it is made of comes over
a socket from grading (`client`), as a `ForkRequest` with open files attached.
"""

import ctypes
import fcntl
import gc
import importlib
import json
import os
import platform
import random
import re
import resource
import signal
import socket
import stat
import struct
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from grading.sandbox.forkserver.pages import collapse_pages
from grading.sandbox.forkserver.protocol import ForkRequest, ServerSettings
from grading.sandbox.view import PROC_COVERED
from grading.student.first import reap_until_end_of
from grading.student.launch import extend_import_path, run_kernel

REQUEST_BYTES = 1 << 20
MOST_FILES = 32  # attached to one request
FEW = 8  # kernels: what huge pages save with them is less than it takes to make some
NUMBERS_ITS_PROCESSES = (6, 14)  # Linux, from where on a pid namespace has a pid_max of its own
RESERVED_NUMBERS = 300  # linux/kernel/pid.c: used once, and not again
# linux/include/uapi/linux/sched.h and mount.h, prctl.h, capability.h, sockios.h, if.h
NEW_NAMESPACES = 0x20000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
RECURSIVE, PRIVATE = 1 << 14, 1 << 18
SET_PARENT_DEATH_SIGNAL, DROP_FROM_BOUNDING_SET, CAPABILITY_VERSION = 1, 24, 0x20080522
SET_INTERFACE_FLAGS, INTERFACE_UP = 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


def libc_call(function: str, *arguments: object) -> None:
    """Call a function of the C library that returns 0. Raises OSError."""
    if getattr(libc, function)(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, f"{function}{arguments}: {os.strerror(error)}")


def mount(
    source: str | None,
    target: str,
    kind: str | None = None,
    flags: int = 0,
    options: str | None = None,
) -> None:
    """mount(2). Raises OSError."""
    words = [word and word.encode() for word in (source, target, kind)]
    libc_call("mount", *words, flags, options and options.encode())


def unshare_namespaces() -> None:
    """Put this process into new namespaces: user, mount, network (with a loopback of its own), IPC,
    host name; and pid, where its next child becomes number 1. In the new user namespace it may do
    everything, outside no more than before. Raises OSError."""
    uid, gid = os.getuid(), os.getgid()
    libc_call("unshare", NEW_NAMESPACES)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", INTERFACE_UP))


def mount_file_system(
    tmpfs_mounts: Sequence[str], kept: Sequence[str], kernels: str, workspace: str, tmp_bytes: int
) -> None:
    """Give this process, number 1 of its namespaces, a file system that shows no other kernel.

    Args:
        tmpfs_mounts: what can be written, each a fresh tmpfs of `tmp_bytes`.
        kept: what bubblewrap shows in them.
        kernels: the directory of all kernels' workspaces.
        workspace: the one of them, relative to it, that is shown, as /run/kernel.

    Raises OSError.
    """
    mount(None, "/", flags=PRIVATE | RECURSIVE)
    opened = {path: os.open(path, os.O_PATH | os.O_NOFOLLOW) for path in kept}
    for path in tmpfs_mounts:
        mount("tmpfs", path, "tmpfs", NO_SUID | NO_DEV, f"mode=755,size={tmp_bytes}")
    for path, fd in opened.items():
        mode = os.fstat(fd).st_mode
        if stat.S_ISLNK(mode):
            os.symlink(os.readlink("", dir_fd=fd), path)
            continue
        os.mkdir(path) if stat.S_ISDIR(mode) else Path(path).touch()
        mount(f"/proc/self/fd/{fd}", path, flags=BIND | RECURSIVE)
        mount(None, path, flags=REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEV)
        os.close(fd)
    mount(f"{kernels}/{workspace}", "/run/kernel", flags=BIND)
    mount("tmpfs", kernels, "tmpfs", READ_ONLY, "size=4k")
    mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=620")
    mount("proc", "/proc", "proc", NO_SUID | NO_DEV | NO_EXEC)
    for path in filter(os.path.exists, PROC_COVERED):
        mount("/dev/null", path, flags=BIND)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    mount(None, "/proc", flags=REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEV | NO_EXEC)


def limit_process_numbers(most: int) -> None:
    """Let this pid namespace hold about `most` processes and threads, where Linux can do that.

    RLIMIT_NPROC doesn't hold for root's processes; but who finds no number left can't fork. Before
    Linux 6.14 the setting is the whole machine's, and left alone. Raises OSError.
    """
    version = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    if version >= NUMBERS_ITS_PROCESSES:
        Path("/proc/sys/kernel/pid_max").write_text(str(RESERVED_NUMBERS + most))


def drop_capabilities() -> None:
    """Give up all capabilities of this process and its children, for good. Raises OSError."""
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        libc_call("prctl", DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
    header, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    libc_call("capset", header, none)


def become_kernel(
    settings: ServerSettings, kept: Sequence[str], request: ForkRequest, files: Sequence[int]
) -> NoReturn:
    """Become the kernel of `request`, with two processes above it.

    The first one waits in the old pid namespace and reports how the kernel ended; the second is
    number 1 of the new one, which `run_kernel` leaves behind.
    """
    status, errors, handshake, *listening = files
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(errors, 2)
    os.close(errors)
    unshare_namespaces()
    if first := os.fork():
        for fd in (handshake, *listening):
            os.close(fd)
        os.write(status, b"%d" % reap_until_end_of(first))
        os._exit(0)
    os.close(status)
    libc_call("prctl", SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    limit_process_numbers(request.processes)
    mount_file_system(
        settings.tmpfs_mounts, kept, settings.kernels, request.workspace, request.tmp_bytes
    )
    drop_capabilities()
    os.environ.clear()
    os.environ.update(request.environment)
    os.makedirs(request.working_directory, exist_ok=True)
    os.chdir(request.working_directory)
    random.seed()
    if "numpy" in sys.modules:  # torch's default generator is as in a fresh process: never used
        sys.modules["numpy"].random.seed()
    sockets = dict(zip(request.launch.sockets, listening, strict=True))
    run_kernel(replace(request.launch, handshake=handshake, sockets=sockets))
    os._exit(0)


def fork_kernel(
    control: socket.socket,
    settings: ServerSettings,
    kept: Sequence[str],
    request: ForkRequest,
    files: Sequence[int],
) -> None:
    """Fork the kernel of `request` and answer with a pidfd of it. Raises OSError: there is none."""
    pid = os.fork()
    if pid == 0:
        try:
            control.close()
            become_kernel(settings, kept, request, files)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    try:
        pidfd = os.pidfd_open(pid)
        try:
            socket.send_fds(control, [b"!"], [pidfd])
        finally:
            os.close(pidfd)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        raise


def main() -> None:
    """Fork a kernel for each request; ends with the process at the other end of the socket.

    The first argument is a `ServerSettings` as JSON.
    """
    settings = ServerSettings(**json.loads(sys.argv[1]))
    shown = [entry.path for mounted in settings.tmpfs_mounts for entry in os.scandir(mounted)]
    kept = [path for path in shown if path != os.getcwd()]
    extend_import_path(settings.packages, settings.site_packages)
    for name in settings.preload:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is here now is shared by all kernels: the collector writes to none of it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Linux counts the files that are on their way in messages, all of an account's together, and a
    # sender's own limit says how many there may be: students' kernels have a lower one.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    control = socket.socket(fileno=settings.control)
    control.sendall(b"!")
    serve(control, settings, kept)


def serve(control: socket.socket, settings: ServerSettings, kept: Sequence[str]) -> None:
    """Fork a kernel for each request that comes over `control`, until that is closed."""
    forked = 0
    while True:
        text, files, _, _ = socket.recv_fds(control, REQUEST_BYTES, MOST_FILES)
        if not text:
            return
        try:
            fork_kernel(control, settings, kept, ForkRequest.from_json(text), files)
            forked += 1
            if forked == FEW:
                collapse_pages()
        except OSError as error:  # it is said, and the next one may succeed
            control.sendall(str(error).encode())
        finally:
            for fd in files:
                os.close(fd)
