"""Students' kernels that are forked from a warm process (`server`), not started.

The walls are the same, and seen to be there in the same way; what is saved is the start of Python
and the imports of torch and matplotlib, most of what grading a light notebook costs.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from traitlets import List, Unicode

from grading.sandbox import bubblewrap
from grading.sandbox.sandboxed import (
    START_SECONDS,
    SandboxError,
    SandboxProvisioner,
    shared_namespaces,
)
from grading.sandbox.usage import children
from grading.sandbox.workspace import Workspace, end_bwrap_of

KERNELS = "/run/kernels"
RUN = (
    "import sys; sys.path.insert(0, {packages!r}); "
    "from grading.sandbox.forkserver.server import main; main()"
)
INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel's matplotlib starts with
KILLED = 128 + signal.SIGKILL

_servers = {}
_lock = threading.Lock()


class ForkServer:
    """A warm process in a sandbox of its own, kept until this one ends.

    Raises SandboxError where it doesn't start.
    """

    def __init__(self, arguments, settings, environment):
        """arguments: gives bubblewrap's, for the folder of the kernels' folders."""
        self.workspace = Workspace()
        self.kernels = self.workspace.path / "kernels"
        self.kernels.mkdir()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        settings |= {"control": theirs.fileno()}
        self._words = [
            *arguments(self.kernels),
            *(sys.executable, "-P", "-s", "-c"),
            *(RUN.format(packages=bubblewrap.PACKAGES), json.dumps(settings)),
        ]
        started = threading.Event()
        # bwrap ends with the thread that started it, so that thread stays.
        threading.Thread(
            target=self._run, args=(environment, theirs.fileno(), started), daemon=True
        ).start()
        started.wait()
        theirs.close()
        atexit.register(self.close)
        self._control.settimeout(START_SECONDS)
        try:
            if self._control.recv(1) != b"!":
                raise EOFError("it ended")
            (first,) = children(self.process.pid)
            (self.pid,) = children(first)
            if shared := shared_namespaces(self.pid, "self"):
                raise ValueError(f"it is not in a sandbox: it shares {', '.join(shared)}")
        except (OSError, ValueError, EOFError) as error:
            self.process.kill()
            said = self.process.stderr.read().decode(errors="replace").strip()
            self.close()
            why = said.splitlines()[-1] if said else repr(error)
            raise SandboxError(f"The fork server did not start: {why}") from error

    def _run(self, environment, fd, started):
        try:
            self.process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[fd],
                env=environment,
            )
        finally:
            started.set()
        self.process.wait()

    @property
    def alive(self):
        return self.process.poll() is None

    def fork(self, request, files):
        """Ask for a process with the open `files`: a pidfd of it. Raises OSError."""
        with self._lock:
            socket.send_fds(self._control, [json.dumps(request).encode()], files)
            answer, pidfds, _, _ = socket.recv_fds(self._control, 1, 1)
        if not answer:
            raise OSError("the fork server has ended")
        return pidfds[0]

    def close(self):
        """End it, and all that it has forked; a second time does nothing."""
        self._control.close()
        self.process.kill()
        self.process.wait()
        end_bwrap_of(self.workspace.path)
        self.workspace.cleanup()


class ForkedProcess:
    """What jupyter_client wants of a process, for one that is no child of this one.

    Several threads ask for its end. The files are closed once: a second time might close what
    another thread has opened in between.
    """

    stdin = stdout = None
    returncode = None

    def __init__(self, pidfd, status, stderr):
        self._pidfd, self._status, self.stderr = pidfd, status, stderr
        self._lock = threading.Lock()
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
        self.pid = int(next(line for line in lines if line.startswith("Pid:")).split()[1])

    def poll(self):
        """The exit status of the kernel, as a shell gives it; None while it runs."""
        with self._lock:
            if self.returncode is None and select.select([self._pidfd], [], [], 0)[0]:
                self.returncode = int(os.read(self._status, 9) or KILLED)
                os.close(self._status)
                os.close(self._pidfd)
        return self.returncode

    def wait(self):
        with self._lock:
            if self.returncode is not None:
                return self.returncode
            pidfd = os.dup(self._pidfd)
        try:
            while self.poll() is None:
                select.select([pidfd], [], [], 1)
        finally:
            os.close(pidfd)
        return self.returncode


class ForkedProvisioner(SandboxProvisioner):
    """Forks a student's kernel, in namespaces of its own, from a process in bubblewrap."""

    preload = List(
        Unicode(),
        [
            "ipykernel.debugger",
            "ipykernel.kernelapp",
            "ipykernel.ipkernel",
            "IPython.core.completer",
            "IPython.core.magics",
            "IPython.core.pylabtools",
            "matplotlib.backends.backend_agg",
            "matplotlib.pyplot",
            "stack_data",
            "torch",
            "torch._dynamo",  # a second to import, and every optimizer of torch.optim does
            "helpers.checks",
            "helpers.checks.statistics",
            "helpers.data",
            "helpers.plots",
            "helpers.training",
        ],
        help="modules that all kernels share from the start",
    ).tag(config=True)

    _server = _request = None

    def _new_workspace(self, submission):
        self._server = self._warm(submission)
        return Workspace(self._server.kernels)

    def _warm(self, submission):
        """The server for these settings, started where there is none."""
        if self.environment.get("CUDA_VISIBLE_DEVICES"):
            raise SandboxError(
                "CUDA doesn't outlive a fork: kernels that use a GPU need "
                "c.CourseKernelManager.fork_server = False."
            )
        settings = {
            "packages": [bubblewrap.PACKAGES],
            "site_packages": bubblewrap.site_packages(),
            "preload": self.preload,
            "walls": {"places": bubblewrap.WRITABLE, "kernels": KERNELS},
        }
        # The other one is for debugpy, which ipykernel brings and which would warn on stderr.
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        environment = self._environment({"MPLBACKEND": INLINE}) | quiet
        words = self._sandbox_arguments(submission, divisible=True)
        key = json.dumps([words, settings, environment])
        with _lock:
            if key not in _servers or not _servers[key].alive:

                def arguments(kernels):
                    return self._sandbox_arguments(submission, [(kernels, KERNELS)], True)

                _servers[key] = ForkServer(arguments, settings, environment)
            return _servers[key]

    def _command(self, settings, submission):
        self._request = {"launch": settings | self._places_inside()}
        return []

    async def _launch(self, cmd, env, **kwargs):
        self._request |= {
            "folder": self.workspace.path.name,
            "tmp_bytes": self.tmp_bytes,
            "environment": env | {"JPY_PARENT_PID": "1"},
            "working_directory": bubblewrap.WORKING_DIRECTORY,
        }
        status, its_status = os.pipe()
        errors, its_errors = os.pipe()
        *listening, link = self._inherited
        try:
            pidfd = self._server.fork(self._request, [its_status, its_errors, link, *listening])
        except OSError as error:
            os.close(status)
            os.close(errors)
            raise SandboxError(f"The sandboxed kernel could not be forked: {error}") from error
        finally:
            os.close(its_status)
            os.close(its_errors)
        self.process = ForkedProcess(pidfd, status, os.fdopen(errors, "rb"))
        self.pid, self.pgid = self.process.pid, None
        self._outside = ("self", self._server.pid)
        return self.connection_info
