"""Grading's end of the fork server (`server`), and a forked kernel as a process to wait for."""

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import resource

from grading.sandbox import bubblewrap
from grading.sandbox.forkserver.protocol import ForkRequest, ServerSettings
from grading.sandbox.namespaces import SandboxError, shared_namespaces
from grading.sandbox.usage import children
from grading.sandbox.workspace import Workspace, kill_bwrap_of

RUN = (
    "import sys; sys.path.insert(0, {packages!r}); "
    "from grading.sandbox.forkserver.server import main; main()"
)
START_SECONDS = 60
KILLED = -9  # as subprocess tells of SIGKILL, which Windows's `signal` lacks
ANSWER_BYTES = 1000
OPEN_FILES = 4096  # for this process, and so on their way in messages: far more than a kernel may


class ForkServer:
    """A warm process in a sandbox of its own, kept until this one ends.

    Args:
        workspace: its directory, removed by close().
        kernels: the folder in it for the workspaces of the kernels.
        bwrap: bubblewrap's command line, up to the program to run.
        settings: what the server is told; its end of the control socket is added here.
        environment: its environment variables.

    Raises:
        SandboxError: it doesn't start, or runs outside of a sandbox.
    """

    def __init__(
        self,
        workspace: Workspace,
        kernels: Path,
        bwrap: list[str],
        settings: ServerSettings,
        environment: dict[str, str],
    ) -> None:
        _allow_open_files()
        self.kernels = kernels
        self._workspace = workspace
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        settings = replace(settings, control=theirs.fileno())
        program = RUN.format(packages=bubblewrap.PACKAGES)
        python = [sys.executable, "-P", "-s", "-c", program, json.dumps(asdict(settings))]
        try:
            self._process = _start([*bwrap, *python], environment, theirs.fileno())
        except OSError as error:
            raise SandboxError(f"The fork server did not start: {error}") from error
        finally:
            theirs.close()
        atexit.register(self.close)
        self._control.settimeout(START_SECONDS)
        try:
            self.pid = self._wait_until_ready()
        except (OSError, ValueError, EOFError) as error:
            self._process.kill()
            _, stderr = self._process.communicate()
            self.close()
            said = stderr.decode(errors="replace").strip()
            why = said.splitlines()[-1] if said else repr(error)
            raise SandboxError(f"The fork server did not start: {why}") from error

    def _wait_until_ready(self) -> int:
        """The pid of the server, found in a sandbox. Raises OSError, ValueError or EOFError."""
        if self._control.recv(1) != b"!":
            raise EOFError("it ended")
        (init,) = children(self._process.pid)
        (pid,) = children(init)
        if shared := shared_namespaces(pid, "self"):
            raise ValueError(f"it is not in a sandbox: it shares {', '.join(shared)}")
        return pid

    @property
    def alive(self) -> bool:
        """Does it still run?"""
        return self._process.poll() is None

    def has_ended(self, seconds: float) -> bool:
        """Has it ended, or does it within so many seconds?"""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.alive

    def fork(self, request: ForkRequest, files: Sequence[int]) -> int:
        """Ask for a process with the open `files`: a pidfd of it. Raises OSError."""
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(asdict(request)).encode()], files)
                answer, pidfds, _, _ = socket.recv_fds(self._control, ANSWER_BYTES, 1)
            except TimeoutError:  # an answer that comes late would be taken for the next one
                self._process.kill()
                raise
        if not pidfds:
            raise OSError(answer.decode() or "the fork server has ended")
        return pidfds[0]

    def close(self) -> None:
        """End it, and all that it has forked; a second time does nothing."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        kill_bwrap_of(self._workspace.path)
        self._workspace.cleanup()


def _allow_open_files() -> None:
    """Raise this process's own limit on open files, where it is low and may be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES:
        with contextlib.suppress(OSError, ValueError):  # macOS has one more limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, OPEN_FILES), hard))


def _start(
    command: list[str], environment: dict[str, str], inherited: int
) -> subprocess.Popen[bytes]:
    """Start bwrap, with one open file. Raises OSError."""
    started: Future[subprocess.Popen[bytes]] = Future()

    def run() -> None:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[inherited],
                env=environment,
            )
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        process.wait()

    # bwrap ends with the thread that started it, so that thread stays.
    threading.Thread(target=run, daemon=True).start()
    return started.result()


class ForkedProcess:
    """What jupyter_client wants of a process, for one that is no child of this one.

    Several threads ask for its end. The files are closed once: a second time might close what
    another thread has opened in between.

    Args:
        pidfd: of the process.
        status: fd of the pipe that its exit status comes over.
        stderr: the reading end of its stderr.
    """

    stdin = stdout = None

    def __init__(self, pidfd: int, status: int, stderr: IO[bytes] | None) -> None:
        self.returncode: int | None = None
        self._pidfd, self._status, self.stderr = pidfd, status, stderr
        self._lock = threading.Lock()
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
        self.pid = int(next(line for line in lines if line.startswith("Pid:")).split()[1])

    def poll(self) -> int | None:
        """The exit status of the kernel, as a shell gives it; None while it runs.

        KILLED where nobody is left to say: what waited for it was killed, as with the fork server.
        """
        with self._lock:
            if self.returncode is None and select.select([self._pidfd], [], [], 0)[0]:
                self.returncode = int(os.read(self._status, 9) or KILLED)
                os.close(self._status)
                os.close(self._pidfd)
        return self.returncode

    def wait(self) -> int:
        """The exit status, waited for."""
        with self._lock:
            if self.returncode is not None:
                return self.returncode
            pidfd = os.dup(self._pidfd)
        try:
            while (status := self.poll()) is None:
                select.select([pidfd], [], [], 1)
        finally:
            os.close(pidfd)
        return status
