"""The sandbox: a student's kernel in bubblewrap, seen to be there before any of its code runs."""

import asyncio
import contextlib
import json
import os
import platform
import re
import select
import signal
import socket
import sys
import time
from pathlib import Path

from traitlets import List, Unicode

from grading.sandbox import bubblewrap
from grading.sandbox.provisioner import LAUNCHER, PlainProvisioner
from grading.sandbox.usage import children, is_asleep, prefer
from grading.sandbox.workspace import end_bwrap_of

__all__ = ["PlainProvisioner", "SandboxError", "SandboxProvisioner"]

NAMESPACES = ("ipc", "mnt", "net", "pid", "user", "uts")
COUNTS_PROCESSES_APART = (5, 14)  # Linux, from where on RLIMIT_NPROC counts those inside alone
START_SECONDS = 60
END_SECONDS = 10


class SandboxError(RuntimeError):
    """The sandbox was asked for and isn't in force; the message says why and what to do."""


def shared_namespaces(pid, *others):
    """The kinds of namespaces (a list of str) that `pid` has in common with any of `others`."""
    return [
        name
        for name in NAMESPACES
        for other in others
        if os.readlink(f"/proc/{pid}/ns/{name}") == os.readlink(f"/proc/{other}/ns/{name}")
    ]


class SandboxProvisioner(PlainProvisioner):
    """Starts a student's kernel in bubblewrap: no network, nothing to see but Python and its files.

    Raises SandboxError where that isn't possible, or where the kernel turns out to run outside.
    """

    bwrap = Unicode(help="path of bubblewrap's program; empty: look for it").tag(config=True)
    read_only = List(Unicode(), help="more files and folders that kernels see").tag(config=True)

    in_force = False  # has this kernel been seen to run in namespaces of its own?
    _link = None  # socket to the kernel's launcher
    _kernel = _sandbox = None  # file descriptors of the kernel's process and of process 1 there
    _places = ()  # those of the places that can be written
    _outside = ("self",)  # processes whose namespaces the kernel must not be in

    @property
    def inside_socket_directory(self):
        return f"{bubblewrap.KERNEL}/sockets"

    def _command(self, settings, submission):
        settings |= self._places_inside()
        inside = [(self.workspace.path, bubblewrap.KERNEL)]
        arguments = self._sandbox_arguments(submission, inside)
        # ipykernel ends when its parent isn't the process of this number: inside, that is number 1.
        arguments += ["--setenv", "JPY_PARENT_PID", "1"]
        launcher = f"{bubblewrap.PACKAGES}/grading/student/{LAUNCHER.name}"
        return [*arguments, sys.executable, "-P", "-s", launcher, json.dumps(settings)]

    def _places_inside(self):
        """What the kernel's launcher is told of where things are; makes what they need."""
        info = json.loads(Path(self.parent.connection_file).read_text())
        info["ip"] = f"{self.inside_socket_directory}/{Path(info['ip']).name}"
        (self.workspace.path / "inside.json").write_text(json.dumps(info))
        self._link, link = socket.socketpair()
        self._inherited.append(link.detach())
        return {
            "connection_file": f"{bubblewrap.KERNEL}/inside.json",
            "files": f"{bubblewrap.KERNEL}/files",
            "packages": [bubblewrap.PACKAGES],
            "link": self._inherited[-1],
        }

    def _sandbox_arguments(self, submission, inside=(), divisible=False):
        bwrap, problem = bubblewrap.find(self.bwrap)
        if problem:
            raise SandboxError(f"No sandbox: {problem}. `python -m grading doctor` says more.")
        packages = bubblewrap.package_directories()
        return bubblewrap.arguments(
            bwrap,
            tmp_bytes=self.tmp_bytes,
            hidden=bubblewrap.course_roots(submission, submission.resolve(), *packages.values()),
            read_only=self.read_only,
            inside=[
                (Path(__file__).with_name("passwd"), "/etc/passwd"),
                *((host, f"{bubblewrap.PACKAGES}/{name}") for name, host in packages.items()),
                *inside,
            ],
            divisible=divisible,
        )

    def _environment(self, host):
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        return {"PATH": path, "HOME": bubblewrap.HOME, **self._clean_environment(host)}

    def _limits(self):
        limits = super()._limits()
        version = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
        if version >= COUNTS_PROCESSES_APART:
            limits["NPROC"] = (self.processes, self.processes)
        return limits

    async def post_launch(self, **kwargs):
        await super().post_launch(**kwargs)
        if not await asyncio.to_thread(self._has_started):
            await self.kill()
            await asyncio.to_thread(self._watcher.join, END_SECONDS)
            message = "".join(filter(str.isprintable, self._message.decode(errors="replace")))
            raise SandboxError(
                f"The sandboxed kernel did not start: {message or 'no reason given'}"
            )
        await asyncio.to_thread(self._confirm)
        self.in_force = True

    def _has_started(self):
        """Wait until the launcher says so; it then waits in turn."""
        self._link.settimeout(START_SECONDS)
        try:
            return self._link.recv(1) == b"!"
        except OSError:
            return False

    def _confirm(self):
        """Find the kernel, see that it is in namespaces of its own, and only then let it go on.

        Raises SandboxError.
        """
        try:
            (sandbox,) = children(self.process.pid)
            (kernel,) = children(sandbox)
            shared = shared_namespaces(kernel, *self._outside)
            self._sandbox, self._kernel = os.pidfd_open(sandbox), os.pidfd_open(kernel)
            # From when on bwrap's process 1 waits for others to end, its own end is bound to ours.
            deadline = time.monotonic() + START_SECONDS
            while not is_asleep(sandbox):
                if time.monotonic() > deadline:
                    raise TimeoutError("bwrap does not come to rest")
                time.sleep(0.01)
            prefer(self.process.pid)
            prefer(sandbox)
            self._places = [
                os.open(f"/proc/{kernel}/root{place}", os.O_PATH) for place in bubblewrap.WRITABLE
            ]
            # Should the machine run out of memory, it is this process that has to go.
            Path(f"/proc/{kernel}/oom_score_adj").write_text("1000")
            if not shared:
                self._link.sendall(b"!")
        except (OSError, ValueError) as error:
            raise SandboxError(f"The sandboxed kernel could not be examined: {error!r}") from error
        if shared:
            raise SandboxError(f"The kernel is not in a sandbox: it shares {', '.join(shared)}.")

    def _file_usage(self):
        places = [os.statvfs(place) for place in self._places]
        size = sum((place.f_blocks - place.f_bfree) * place.f_frsize for place in places)
        return size, sum(place.f_files - place.f_ffree for place in places)

    async def send_signal(self, signum):
        """Signal the kernel itself; bwrap, in another session, would end instead of passing it on.

        SIGTERM and SIGKILL end the sandbox.
        """
        if signum in (signal.SIGTERM, signal.SIGKILL):
            await self.kill()
        elif self._kernel is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._kernel, signum)

    def _kill_all(self, process):
        # The end of process 1 of the sandbox is the end of all others in it. Then bwrap ends too,
        # having collected it.
        if self._sandbox is None:
            super()._kill_all(process)
        else:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._sandbox, signal.SIGKILL)

    async def cleanup(self, restart=False):
        if self._link:
            self._link.close()
        if self._sandbox is None and self.workspace:
            await self.kill()
            await asyncio.to_thread(end_bwrap_of, self.workspace.path)
        await super().cleanup(restart)
        if self._sandbox is not None and not select.select([self._sandbox], [], [], END_SECONDS)[0]:
            self.log.error("processes of a student's kernel did not end in %d s", END_SECONDS)
        for fd in (self._sandbox, self._kernel, *self._places):
            if fd is not None:
                os.close(fd)
        self._link = self._sandbox = self._kernel = None
        self._places = ()
        self.in_force = False
