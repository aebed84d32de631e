"""Students' kernels that are forked from a warm process (`forkserver`), not started.

The isolation is the same, and seen to be there in the same way; what is saved is the start of
Python and the imports of what notebooks use, most of what grading a light notebook costs.
"""

import importlib.util
import json
import os
import threading
from dataclasses import asdict
from pathlib import Path
from subprocess import Popen
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from traitlets import List, Unicode

from grading.sandbox import bubblewrap
from grading.sandbox.forkserver.client import ForkedProcess, ForkServer
from grading.sandbox.forkserver.protocol import ForkRequest, ServerSettings
from grading.sandbox.namespaces import SandboxError
from grading.sandbox.provisioners.sandboxed import SandboxProvisioner
from grading.sandbox.view import site_packages
from grading.sandbox.workspace import Workspace
from grading.student.launch import Settings

KERNELS = "/run/kernels"
END_SECONDS = 1.0
INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel's matplotlib starts with


class ServerLostError(SandboxError):
    """The fork server has ended, though nobody asked it to; another one is started for the next."""


_servers: dict[str, ForkServer] = {}  # by what they were started with
_lock = threading.Lock()


# What every kernel imports; pictures only where they can be drawn.
KERNEL_MODULES = [
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completer",
    "IPython.core.magics",
    "IPython.core.pylabtools",
    "stack_data",
    # And what those import when they are at work.
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "pygments.formatters.terminal256",
    "pygments.styles",
    "sqlite3",
    "tornado.platform.asyncio",
    # No process of ours but a kernel imports these, so nowhere are they compiled already.
    "grading.student.absent",
    "grading.student.budget",
    "grading.student.serve",
    "grading.student.workers",
]
PICTURES = ["matplotlib.backends.backend_agg", "matplotlib.pyplot"]


class ForkedProvisioner(SandboxProvisioner):
    """Forks a student's kernel, in namespaces of its own, from a process in bubblewrap."""

    preload = List(
        Unicode(),
        help="modules that a course's notebooks import, which all kernels share from the start",
    ).tag(config=True)

    _server: ForkServer | None = None  # the one that has the workspace

    def _new_workspace(self, submission: Path) -> Workspace:
        self._server = self._warm_server(submission)
        return Workspace(self._server.kernels)

    def _host_processes(self) -> list[int | str]:
        server = [self._server.pid] if self._server else []
        return [*super()._host_processes(), *server]

    def _warm_server(self, submission: Path) -> ForkServer:
        """The server for these settings, started where there is none. Raises SandboxError."""
        if self.environment.get("CUDA_VISIBLE_DEVICES"):
            raise SandboxError(
                "CUDA doesn't outlive a fork: kernels that use a GPU need "
                "c.CourseKernelManager.fork_server = False."
            )
        settings = ServerSettings(
            control=None,
            packages=[bubblewrap.PACKAGES],
            site_packages=site_packages(),
            preload=[*KERNEL_MODULES, *_pictures(), *self.preload],
            tmpfs_mounts=bubblewrap.TMPFS_MOUNTS,
            kernels=KERNELS,
        )
        # The other one is for debugpy, which ipykernel brings and which would warn on stderr.
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        environment = self._environment_inside({"MPLBACKEND": INLINE}) | quiet
        command = self._bwrap_command(submission, nested_namespaces=True)
        key = json.dumps([command, asdict(settings), environment])
        with _lock:
            if key not in _servers or not _servers[key].alive:
                workspace = Workspace()
                kernels = workspace.path / "kernels"
                kernels.mkdir()
                bwrap = self._bwrap_command(submission, (kernels, KERNELS), nested_namespaces=True)
                _servers[key] = ForkServer(workspace, kernels, bwrap, settings, environment)
            return _servers[key]

    def _launch_arguments(
        self, settings: Settings, workspace: Workspace, submission: Path
    ) -> dict[str, Any]:
        return {
            "cmd": [],
            "settings": settings,
            "folder": str(workspace.shown.relative_to(workspace.path.parent)),
        }

    async def _launch(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        request = ForkRequest(
            launch=kwargs["settings"],
            workspace=kwargs["folder"],
            tmp_bytes=self.tmp_bytes,
            processes=self.processes,
            environment=kwargs["env"] | {"JPY_PARENT_PID": "1"},
            working_directory=bubblewrap.WORKING_DIRECTORY,
        )
        assert self._server is not None  # found by pre_launch()
        status, its_status = os.pipe()
        errors, its_errors = os.pipe()
        *listening, handshake = self._inherited
        try:
            pidfd = self._server.fork(request, [its_status, its_errors, handshake, *listening])
        except OSError as error:
            os.close(status)
            os.close(errors)
            raise self._not_forked(error) from error
        finally:
            os.close(its_status)
            os.close(its_errors)
        forked = ForkedProcess(pidfd, status, os.fdopen(errors, "rb"))
        self.process = cast("Popen[Any]", forked)  # to jupyter_client it is as good
        self.pid = forked.pid
        self.pgid = None
        return self.connection_info

    def _not_forked(self, error: OSError) -> SandboxError:
        assert self._server is not None
        kind = ServerLostError if self._server.has_ended(END_SECONDS) else SandboxError
        return kind(f"The sandboxed kernel could not be forked: {error}")


def _pictures() -> list[str]:
    return PICTURES if importlib.util.find_spec("matplotlib") else []
