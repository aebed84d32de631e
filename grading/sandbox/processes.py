"""A kernel's process and all processes below it, as this machine sees them."""

import contextlib
import os
import signal
from typing import IO, Protocol

from grading.sandbox.cgroup import Cgroup
from grading.sandbox.usage import STOPPED, descendants, state_of

ROUNDS = 5  # of stopping processes, while those that still run start more


class KernelProcess(Protocol):
    """What is used here of `subprocess.Popen`: of a kernel's process, or of bwrap's around it."""

    @property
    def pid(self) -> int: ...

    @property
    def stderr(self) -> IO[bytes] | None: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


class ProcessTree:
    """A kernel's process and all processes below it.

    Attributes: process; supervisor, a process of the grader's that collects the kernel's orphans,
    where there is one; group, the control group that holds the kernel's processes, where there is
    one.
    """

    supervisor: int | None = None
    group: Cgroup | None = None

    def __init__(self, process: KernelProcess) -> None:
        self.process = process
        self._stopped: list[int] = []  # pidfds

    def members(self, most: int) -> list[int]:
        """The student's processes; no more is looked for when there are more than `most`."""
        return descendants(self.process.pid, most)

    def file_usage(self) -> tuple[int, int]:
        """(bytes, number) of the files that the kernel keeps in memory."""
        return 0, 0

    def sockets(self) -> tuple[int, int]:
        """(all, those of TCP) that exist, where they are the kernel's own."""
        return 0, 0

    def kill(self) -> None:
        """End them all."""
        for pid in descendants(self.process.pid):
            with contextlib.suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    # Stopping and going on: by the control group, which no process notices, or by signals.

    def pause(self, most: int) -> None:
        """Stop the processes, about `most` of them, until resume() is called."""
        with contextlib.suppress(OSError):  # it has just ended
            if self.group:
                self.group.freeze(True)
                return
        for _ in range(ROUNDS):
            running = [pid for pid in self.members(most) if self._stop(pid)]
            if not running:
                return

    def resume(self) -> None:
        """Let go on what pause() has stopped."""
        with contextlib.suppress(OSError):
            if self.group:
                self.group.freeze(False)
        while self._stopped:
            pidfd = self._stopped.pop()
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(pidfd, signal.SIGCONT)
            os.close(pidfd)

    def _stop(self, pid: int) -> bool:
        """Stop a process, unless it has stopped or isn't one of these; did that have to be done?"""
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            pidfd = os.pidfd_open(pid)
            opened.callback(os.close, pidfd)
            # As long as that is open, no other process that lives has this number.
            if state_of(pid) not in STOPPED and self._is_ours(pid):
                signal.pidfd_send_signal(pidfd, signal.SIGSTOP)
                self._stopped.append(pidfd)
                opened.pop_all()
                return True
        return False

    def _is_ours(self, pid: int) -> bool:
        """Is `pid` one of these processes, as far as one can tell?"""
        return True
