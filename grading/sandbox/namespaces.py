"""A sandbox as seen from outside: whether it is one, its processes, its files in memory."""

import contextlib
import os
import select
import signal

from grading.sandbox.bubblewrap import TMPFS_MOUNTS
from grading.sandbox.processes import KernelProcess, ProcessTree
from grading.sandbox.usage import descendants, sockets_of

NAMESPACES = ("ipc", "mnt", "net", "pid", "user", "uts")


class SandboxError(RuntimeError):
    """The sandbox was asked for and isn't in force; the message says why and what to do."""


def shared_namespaces(pid: int, *others: int | str) -> list[str]:
    """The kinds of namespaces that `pid` has in common with any of `others` (pids, or "self").

    Raises OSError for a process that has ended.
    """
    return [
        name
        for name in NAMESPACES
        for other in others
        if os.readlink(f"/proc/{pid}/ns/{name}") == os.readlink(f"/proc/{other}/ns/{name}")
    ]


class SandboxedTree(ProcessTree):
    """A kernel's processes in a pid namespace of their own, held by file descriptors.

    Args:
        process: bwrap, or what waits in its place.
        init: number 1 of the namespace, whose end is the end of all others in it.
        kernel: the kernel's own process.

    Raises OSError where one of them has ended.
    """

    def __init__(self, process: KernelProcess, init: int, kernel: int) -> None:
        super().__init__(process)
        self.supervisor = self._init_pid = init
        self._namespace = os.readlink(f"/proc/{kernel}/ns/pid")
        with contextlib.ExitStack() as opened:

            def keep(fd: int) -> int:
                opened.callback(os.close, fd)
                return fd

            self._init = keep(os.pidfd_open(init))
            self._kernel = keep(os.pidfd_open(kernel))
            self._tmpfs_mounts = [
                keep(os.open(f"/proc/{kernel}/root{path}", os.O_PATH)) for path in TMPFS_MOUNTS
            ]
            self._open_files = opened.pop_all()

    def members(self, most: int) -> list[int]:
        """The student's processes: all in the namespace, but for number 1."""
        return self.group.members() if self.group else descendants(self._init_pid, most)[1:]

    def sockets(self) -> tuple[int, int]:
        """(all, those of TCP) that exist in the sandbox, on their way in a message or not."""
        return sockets_of(self._init_pid)

    def file_usage(self) -> tuple[int, int]:
        """(bytes, number) of the files that the kernel keeps in memory."""
        mounts = [os.statvfs(mount) for mount in self._tmpfs_mounts]
        size = sum((mount.f_blocks - mount.f_bfree) * mount.f_frsize for mount in mounts)
        return size, sum(mount.f_files - mount.f_ffree for mount in mounts)

    def signal_kernel(self, signum: int) -> None:
        """Signal the kernel's own process."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._kernel, signum)

    def kill(self) -> None:
        """End all processes of the namespace. Then bwrap ends too, having collected its child."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init, signal.SIGKILL)

    def has_ended(self, seconds: float) -> bool:
        """Has the last process of the namespace ended, or does it within so many seconds?"""
        return bool(select.select([self._init], [], [], seconds)[0])

    def close(self) -> None:
        """Let go of processes, files and control group; nothing else may be called after that."""
        self._open_files.close()
        if self.group:
            self.group.close()

    def _is_ours(self, pid: int) -> bool:
        return os.readlink(f"/proc/{pid}/ns/pid") == self._namespace
