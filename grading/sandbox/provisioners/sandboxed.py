"""The sandbox: a student's kernel in bubblewrap, seen to be there before any of its code runs."""

import asyncio
import json
import platform
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from traitlets import List, Unicode

from grading.sandbox import bubblewrap, cgroup
from grading.sandbox.namespaces import SandboxedTree, SandboxError, shared_namespaces
from grading.sandbox.processes import ProcessTree
from grading.sandbox.provisioners.plain import LAUNCHER, PlainProvisioner
from grading.sandbox.shared import shared_files
from grading.sandbox.usage import children, state_of
from grading.sandbox.view import course_roots
from grading.sandbox.watchdog import Watchdog
from grading.sandbox.workspace import Workspace, kill_bwrap_of
from grading.student.launch import Settings

COUNTS_PROCESSES_APART = (5, 14)  # Linux, from where on RLIMIT_NPROC counts those inside alone
START_SECONDS = 60
END_SECONDS = 10


class SandboxProvisioner(PlainProvisioner):
    """Starts a student's kernel in bubblewrap: no network, nothing to see but Python and its files.

    Raises SandboxError where that isn't possible, or where the kernel turns out to run outside.
    """

    bwrap = Unicode(help="path of bubblewrap's program; empty: look for it").tag(config=True)
    read_only = List(Unicode(), help="more files and folders that kernels see").tag(config=True)
    hidden = List(
        Unicode(),
        help="files and folders that no kernel sees, wherever they lie; when a class is graded, "
        "the course's folder and nbgrader's exchange are among them",
    ).tag(config=True)

    in_force = False  # has this kernel been seen to run in namespaces of its own?
    _handshake: socket.socket | None = None  # to the kernel's launcher

    @property
    def inside_socket_directory(self) -> str:
        return f"{bubblewrap.KERNEL}/sockets"

    @property
    def _sandboxed_tree(self) -> SandboxedTree | None:
        """The kernel's processes, once they have been found in their sandbox."""
        tree = self.watchdog.tree if self.watchdog else None
        return tree if isinstance(tree, SandboxedTree) else None

    @property
    def lost(self) -> bool:
        """Whether the kernel ended because the sandbox around it was ended, from outside."""
        return bool(self.watchdog and self.watchdog.death_reason and self.watchdog.from_outside)

    def _host_processes(self) -> list[int | str]:
        """Processes whose namespaces the kernel must not be in."""
        return ["self"]

    def _settings(self, workspace: Workspace, arguments: list[str]) -> Settings:
        settings = super()._settings(workspace, arguments)
        info = json.loads(Path(settings.connection_file).read_text())
        info["ip"] = f"{self.inside_socket_directory}/{Path(info['ip']).name}"
        (workspace.shown / "connection.json").write_text(json.dumps(info))
        self._handshake, theirs = socket.socketpair()
        self._inherited.append(theirs.detach())
        return replace(
            settings,
            connection_file=f"{bubblewrap.KERNEL}/connection.json",
            files=f"{bubblewrap.KERNEL}/files",
            packages=[bubblewrap.PACKAGES],
            handshake=self._inherited[-1],
        )

    def _launch_arguments(
        self, settings: Settings, workspace: Workspace, submission: Path
    ) -> dict[str, Any]:
        bwrap = self._bwrap_command(submission, (workspace.shown, bubblewrap.KERNEL))
        # The launcher is number 1 of the process namespace, and the kernel's parent: ipykernel ends
        # when that isn't the process of this number.
        parent = ["--as-pid-1", "--setenv", "JPY_PARENT_PID", "1"]
        launcher = f"{bubblewrap.PACKAGES}/grading/student/{LAUNCHER.name}"
        python = [sys.executable, "-P", "-s", launcher, json.dumps(asdict(settings))]
        return {"cmd": [*bwrap, *parent, *python]}

    def _bwrap_command(
        self, submission: Path, *binds: tuple[Path, str], nested_namespaces: bool = False
    ) -> list[str]:
        """bubblewrap's command line for these settings; see `bubblewrap.command_line`."""
        bwrap, problem = bubblewrap.find(self.bwrap)
        if bwrap is None:
            raise SandboxError(f"No sandbox: {problem}. `python -m grading doctor` says more.")
        packages = bubblewrap.package_directories().values()
        courses = course_roots(submission, submission.resolve(), *packages)
        return bubblewrap.command_line(
            bwrap,
            tmp_bytes=self.tmp_bytes,
            hidden={*courses, *self.hidden, tempfile.gettempdir()},
            read_only=self.read_only,
            binds=[*shared_files(), *binds],
            nested_namespaces=nested_namespaces,
        )

    def _environment(self, host: Mapping[str, str], workspace: Workspace) -> dict[str, str]:
        return self._environment_inside(host)

    def _environment_inside(self, host: Mapping[str, str]) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        return {"PATH": path, "HOME": bubblewrap.HOME, **self._clean_environment(host)}

    def _resource_limits(self) -> dict[str, tuple[int, int]]:
        limits = super()._resource_limits()
        version = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
        if version >= COUNTS_PROCESSES_APART:
            limits["NPROC"] = (self.processes, self.processes)
        return limits

    async def post_launch(self, **kwargs: Any) -> None:
        await super().post_launch(**kwargs)
        handshake, watchdog = self._handshake, self.watchdog
        assert handshake is not None and watchdog is not None  # the kernel was launched
        if not await asyncio.to_thread(_is_ready, handshake):
            await self.kill()
            await asyncio.to_thread(watchdog.await_end, END_SECONDS)
            message = "".join(filter(str.isprintable, watchdog.message.decode(errors="replace")))
            raise SandboxError(
                f"The sandboxed kernel did not start: {message or 'no reason given'}"
            )
        await asyncio.to_thread(self._confirm, watchdog, handshake)
        self.in_force = True

    def _confirm(self, watchdog: Watchdog, handshake: socket.socket) -> None:
        """Find the kernel, see that it is in namespaces of its own, and only then let it go on.

        Raises SandboxError.
        """
        process = watchdog.process
        try:
            (init,) = children(process.pid)
            (kernel,) = children(init)
            shared = shared_namespaces(kernel, *self._host_processes())
            tree = watchdog.tree = SandboxedTree(process, init, kernel)
            tree.group = cgroup.enclose(kernel, self.memory, self.processes)
            # From when on bwrap's process 1 waits for others to end, its own end is bound to ours.
            deadline = time.monotonic() + START_SECONDS
            while state_of(init) != "S":  # it sleeps
                if time.monotonic() > deadline:
                    raise TimeoutError("bwrap does not come to rest")
                time.sleep(0.001)
            # Should the machine run out of memory, it is this process that has to go.
            Path(f"/proc/{kernel}/oom_score_adj").write_text("1000")
            if not shared:
                handshake.sendall(b"!")
        except (OSError, ValueError) as error:
            raise SandboxError(f"The sandboxed kernel could not be examined: {error!r}") from error
        if shared:
            raise SandboxError(f"The kernel is not in a sandbox: it shares {', '.join(shared)}.")

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel itself; bwrap, in another session, would end instead of passing it on.

        SIGTERM and SIGKILL end the sandbox.
        """
        if signum in (signal.SIGTERM, signal.SIGKILL):
            await self.kill()
        elif tree := self._sandboxed_tree:
            tree.signal_kernel(signum)

    async def cleanup(self, restart: bool = False) -> None:
        if self._handshake:
            self._handshake.close()
        tree = self._sandboxed_tree
        if tree is None and self.workspace:
            await self.kill()
            await asyncio.to_thread(kill_bwrap_of, self.workspace.path)
        await super().cleanup(restart)
        if tree and self.watchdog:
            if not tree.has_ended(END_SECONDS):
                self.log.error("processes of a student's kernel did not end in %d s", END_SECONDS)
            self.watchdog.tree = ProcessTree(tree.process)
            tree.close()
        self._handshake = None
        self.in_force = False


def _is_ready(handshake: socket.socket) -> bool:
    """Wait until the kernel's launcher says that it is ready; it then waits in turn."""
    handshake.settimeout(START_SECONDS)
    try:
        return handshake.recv(1) == b"!"
    except OSError:
        return False
