"""What every student's kernel gets, with or without a sandbox: files, environment, limits, an end.

How jupyter_client uses it: https://jupyter-client.readthedocs.io/en/stable/provisioning.html
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo, port_names
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Float, Integer, List, Unicode, default

from grading.sandbox.bubblewrap import package_directories
from grading.sandbox.meter import MIB
from grading.sandbox.view import site_packages
from grading.sandbox.watchdog import Limits, Watchdog
from grading.sandbox.workspace import Workspace
from grading.student import launch
from grading.student.launch import Settings

if sys.platform != "win32":
    import resource

LAUNCHER = Path(launch.__file__)
UNIX = sys.platform != "win32"
SIDE_BY_SIDE = 4  # kernels on one machine, as many as there usually are
DESCRIPTORS = 8  # times as many as one process may have, in all
SOCKETS = 1000
LEAST_ADDRESSES = 64 << 30  # bytes of a process's addresses, most of them without memory
GRACE = 5  # seconds of processor time between the signal that can be caught and the other one


class PlainProvisioner(LocalProvisioner):
    """Starts a student's kernel with limits and a clean environment, but without isolation.

    The kernel gets a copy of the plain files of its folder (`cwd`), never the folder itself, and
    talks through unix sockets in a private directory where the system has them.
    """

    memory = Integer(4096 * MIB, help="bytes, of each process and in all").tag(config=True)
    cpu_seconds = Integer(1200, help="processor time of all processes").tag(config=True)
    processors = Float(
        min=0.1,
        help="processors that a kernel may keep busy, on average; beyond that it has to wait, "
        "unless Linux shares them out (doctor says so)",
    ).tag(config=True)
    wall_seconds = Integer(1800, help="how long a kernel may live").tag(config=True)
    processes = Integer(256, help="processes and threads, together").tag(config=True)
    open_files = Integer(1024, help="descriptors of each process").tag(config=True)
    file_bytes = Integer(512 * MIB, help="size of a file that is written").tag(config=True)
    tmp_bytes = Integer(512 * MIB, help="bytes in HOME, /tmp, /dev/shm, each").tag(config=True)
    tmp_files = Integer(20_000, help="files in HOME, /tmp, /dev/shm, together").tag(config=True)
    threads = Integer(1, help="threads for arithmetic (OpenMP, MKL, OpenBLAS)").tag(config=True)
    environment = Dict(
        key_trait=Unicode(), value_trait=Unicode(), help="environment variables to set"
    ).tag(config=True)
    environment_passed = List(
        Unicode(),
        ["NBGRADER_EXECUTION", "COURSE_TRAINING_SECONDS"],
        help="environment variables that the kernel sees as they are here",
    ).tag(config=True)

    workspace: Workspace | None = None  # from pre_launch() to cleanup()
    watchdog: Watchdog | None = None  # from launch_kernel() to the next pre_launch()

    @default("processors")
    def _fair_share(self) -> float:
        usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
        return max(1.0, len(usable) / SIDE_BY_SIDE)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # File descriptors for the kernel, open in this process until the kernel has started.
        self._inherited: list[int] = []

    @property
    def _manager(self) -> KernelManager:
        return cast(KernelManager, self.parent)

    @property
    def socket_directory(self) -> str | None:
        """Host path of the folder of the kernel's sockets; None before the kernel was started."""
        return str(self.workspace.sockets) if self.workspace else None

    @property
    def inside_socket_directory(self) -> str | None:
        """The same folder as the student's kernel sees it."""
        return self.socket_directory

    @property
    def death_reason(self) -> str | None:
        """Why the kernel ended though nobody asked it to, as a sentence; None if it didn't."""
        return self.watchdog.death_reason if self.watchdog else None

    @property
    def at_limit(self) -> bool:
        """Whether the kernel was ended because it used more than it may."""
        return self.watchdog is not None and self.watchdog.at_limit

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the kernel's files, sockets, environment and command line: what Popen is given."""
        manager = self._manager
        submission = Path(os.path.abspath(kwargs.pop("cwd", None) or "."))
        # nbclient asks for a history file too, and ipykernel refuses to be told twice.
        given = [word for word in kwargs.pop("extra_arguments", []) if "hist_file" not in word]
        self.watchdog = None
        self.workspace = workspace = self.workspace or self._new_workspace(submission)
        # Half of what fits, so that no submission keeps its kernel from starting.
        most = self.tmp_bytes // 2, self.tmp_files // 2
        for problem in workspace.copy_files(submission, *most):
            self.log.warning("Not shown to the student's kernel: %s", problem)
        manager.connection_file = str(workspace.path / "connection.json")
        if UNIX:
            manager.transport, manager.ip = "ipc", str(workspace.sockets / "k")
        # Not os.environ.copy(), which fails when nbgrader takes a variable away in another thread.
        here = {name: os.environ.get(name) for name in list(os.environ)}
        kwargs.setdefault("env", {k: v for k, v in here.items() if v is not None})
        kwargs = await super().pre_launch(**kwargs)
        self._inherited = []
        settings = self._settings(workspace, given)
        kwargs["env"] = self._environment(kwargs["env"], workspace)
        kwargs["cwd"] = str(workspace.files)
        kwargs |= self._launch_arguments(settings, workspace, submission)
        if UNIX:
            kwargs |= {"stdout": DEVNULL, "stderr": PIPE, "pass_fds": self._inherited}
        return kwargs

    def _new_workspace(self, submission: Path) -> Workspace:
        return Workspace()

    def _settings(self, workspace: Workspace, arguments: list[str]) -> Settings:
        """What the kernel's launcher is told; `arguments` are for ipykernel."""
        return Settings(
            connection_file=self._manager.connection_file,
            arguments=arguments,
            packages=sorted({str(p.parent) for p in package_directories().values()}),
            site_packages=site_packages(),
            limits=self._resource_limits(),
            sockets=self._open_sockets() if UNIX else {},
            files=None,
            handshake=None,
        )

    def _launch_arguments(
        self, settings: Settings, workspace: Workspace, submission: Path
    ) -> dict[str, Any]:
        """What launch_kernel() is called with, "cmd" (the kernel's command line) among it."""
        return {"cmd": [sys.executable, "-P", "-s", str(LAUNCHER), json.dumps(asdict(settings))]}

    def _environment(self, host: Mapping[str, str], workspace: Workspace) -> dict[str, str]:
        """The kernel's environment variables; `host`: those that it would have inherited."""
        home = workspace.path / "home"
        home.mkdir(exist_ok=True)
        needed = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC")
        folders = {name: str(home) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")}
        return {k: host[k] for k in needed if k in host} | folders | self._clean_environment(host)

    def _clean_environment(self, host: Mapping[str, str]) -> dict[str, str]:
        """The part of the environment that is the same with and without a sandbox."""
        threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        return {
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "USER": "student",
            # The working directory and a home directory decide nothing about imports, and the
            # order of a set is the same in every run.
            "PYTHONSAFEPATH": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            # `torch.compile` gives the model as it is: compiling takes longer than what it would
            # save here, is done anew for each size of batch, and needs a compiler.
            "TORCHDYNAMO_DISABLE": "1",
            "CUDA_VISIBLE_DEVICES": "",  # a sandbox has no GPU, so nothing is graded on one
            **{name: str(self.threads) for name in threads},
            **{name: host[name] for name in self.environment_passed if name in host},
            **self.environment,
        }

    def _resource_limits(self) -> dict[str, tuple[int, int]]:
        """Linux's limits of a single process: {name of an RLIMIT_...: (soft, hard)}."""
        limits = {
            "CORE": (0, 0),
            "CPU": (self.cpu_seconds, self.cpu_seconds + GRACE),
            "FSIZE": (self.file_bytes, self.file_bytes),
        }
        if UNIX:  # far fewer than this process may have: see `forkserver.client.OPEN_FILES`
            files = min(self.open_files, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 4)
            limits["NOFILE"] = (files, files)
        if sys.platform == "linux":
            limits["DATA"] = (self.memory, self.memory)
            if not self.environment.get("CUDA_VISIBLE_DEVICES"):  # CUDA takes what there is
                addresses = max(LEAST_ADDRESSES, 16 * self.memory)
                limits["AS"] = (addresses, addresses)
        return limits

    def _open_sockets(self) -> dict[str, int]:
        """Make the kernel's listening sockets for it: {address that it is going to bind: fd}."""
        manager, listening = self._manager, {}
        for name in port_names:
            port = getattr(manager, name)
            listener = socket.socket(socket.AF_UNIX)
            listener.setblocking(False)
            listener.bind(f"{manager.ip}-{port}")
            listener.listen(100)
            self._inherited.append(listener.detach())
            inside = f"{self.inside_socket_directory}/{Path(manager.ip).name}-{port}"
            listening[f"ipc://{inside}"] = self._inherited[-1]
        return listening

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the process, and the watch over it; the connection's description."""
        try:
            info = await self._launch(cmd, **kwargs)
        finally:
            self._close_inherited()
        limits = Limits(
            memory=self.memory,
            tasks=self.processes,
            files=self.tmp_files,
            descriptors=DESCRIPTORS * self.open_files,
            sockets=SOCKETS,
            wall_seconds=self.wall_seconds,
            cpu_seconds=self.cpu_seconds,
            processors=self.processors,
        )
        assert self.process is not None  # made by _launch()
        self.watchdog = Watchdog(self.process, limits)
        self.watchdog.start()
        return info

    async def _launch(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Make the process: sets `process` and `pid`; returns the connection's description."""
        return await super().launch_kernel(cmd, **kwargs)

    def _close_inherited(self) -> None:
        while self._inherited:
            os.close(self._inherited.pop())

    # Ending. Whatever the kernel's fate was until now, it is known before it is asked to end.

    async def shutdown_requested(self, restart: bool = False) -> None:
        if self.watchdog:
            self.watchdog.expect_end()

    async def terminate(self, restart: bool = False) -> None:
        if self.watchdog:
            self.watchdog.expect_end()
        await super().terminate(restart)

    async def kill(self, restart: bool = False) -> None:
        self.kill_now()
        await self._end()

    def kill_now(self) -> None:
        """End the kernel and all of its processes, from whichever thread."""
        if self.watchdog:
            self.watchdog.kill()

    async def wait(self) -> int | None:
        await self._end()
        return await super().wait()

    async def _end(self) -> None:
        """Wait for the process's end, and know it at once: jupyter_client looks every 0.1 s."""
        if self.process:
            await asyncio.to_thread(self.process.wait)

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing behind, however far the start had come; a second time does nothing."""
        await self.kill()
        await self.wait()
        if self.watchdog:
            self.watchdog.stop()
        self._close_inherited()
        await super().cleanup(restart)
        if self.workspace and not restart:
            self.workspace.cleanup()
            self.workspace = None
