"""The sandbox: a student's kernel in bubblewrap, seen to be there before any of its code runs."""

import asyncio
import contextlib
import json
import os
import platform
import re
import select
import signal
import sys
from pathlib import Path

from traitlets import List, Unicode

from grading import bubblewrap
from grading.processes import children, prefer
from grading.provisioner import LAUNCHER, PlainProvisioner

__all__ = ["PlainProvisioner", "SandboxError", "SandboxProvisioner"]

NAMESPACES = ("ipc", "mnt", "net", "pid", "user", "uts")
COUNTS_PROCESSES_APART = (5, 14)  # Linux, from where on RLIMIT_NPROC counts those inside alone
START_SECONDS = 60
END_SECONDS = 10


class SandboxError(RuntimeError):
    """The sandbox was asked for and isn't in force; the message says why and what to do."""


class SandboxProvisioner(PlainProvisioner):
    """Starts a student's kernel in bubblewrap: no network, nothing to see but Python and its files.

    Raises SandboxError where that isn't possible, or where the kernel turns out to run outside.
    """

    bwrap = Unicode(help="path of bubblewrap's program; empty: look for it").tag(config=True)
    read_only = List(Unicode(), help="more files and folders that kernels see").tag(config=True)

    in_force = False  # has this kernel been seen to run in namespaces of its own?
    _ready = _kernel = _sandbox = None  # fd of a pipe, of the kernel process, of its process 1
    _places = ()  # fds of the places that can be written

    @property
    def inside_socket_directory(self):
        return bubblewrap.KERNEL

    def _command(self, settings, submission):
        bwrap, problem = bubblewrap.find(self.bwrap)
        if problem:
            raise SandboxError(f"No sandbox: {problem}. `python -m grading doctor` says more.")
        workspace = self.workspace.path
        info = json.loads(Path(self.parent.connection_file).read_text())
        info["ip"] = f"{bubblewrap.KERNEL}/{Path(info['ip']).name}"
        (workspace / "inside.json").write_text(json.dumps(info))
        (workspace / "passwd").write_text(
            f"student:x:1000:1000:student:{bubblewrap.HOME}:/bin/sh\n"
        )
        packages = bubblewrap.package_directories()
        self._ready, ready = os.pipe()
        self._inherited.append(ready)
        settings |= {
            "connection_file": "/run/connection.json",
            "files": "/run/files",
            "packages": [bubblewrap.PACKAGES],
            "ready": ready,
        }
        arguments = bubblewrap.arguments(
            bwrap,
            tmp_bytes=self.tmp_bytes,
            hidden=bubblewrap.course_roots(submission, submission.resolve(), *packages.values()),
            read_only=self.read_only,
            inside=[
                (workspace / "inside.json", "/run/connection.json"),
                (workspace / "passwd", "/etc/passwd"),
                (self.workspace.files, "/run/files"),
                (self.workspace.sockets, bubblewrap.KERNEL),
                *((host, f"{bubblewrap.PACKAGES}/{name}") for name, host in packages.items()),
            ],
        )
        # ipykernel ends when its parent isn't the process of this number: inside, that is number 1.
        arguments += ["--setenv", "JPY_PARENT_PID", "1"]
        launcher = f"{bubblewrap.PACKAGES}/grading/{LAUNCHER.name}"
        return [*arguments, sys.executable, "-P", "-s", launcher, json.dumps(settings)]

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
        self._confirm()

    def _has_started(self):
        """Wait until the launcher says so, which it does before anything of the student's runs."""
        readable, _, _ = select.select([self._ready], [], [], START_SECONDS)
        return bool(readable and os.read(self._ready, 1))

    def _confirm(self):
        """Find the kernel and see that it is in namespaces of its own; take hold of what is there.

        Raises SandboxError.
        """
        try:
            (sandbox,) = children(self.process.pid)
            (kernel,) = children(sandbox)
            shared = [
                name
                for name in NAMESPACES
                if os.readlink(f"/proc/{kernel}/ns/{name}") == os.readlink(f"/proc/self/ns/{name}")
            ]
            self._sandbox, self._kernel = os.pidfd_open(sandbox), os.pidfd_open(kernel)
            prefer(self.process.pid)
            prefer(sandbox)
            self._places = [
                os.open(f"/proc/{kernel}/root{place}", os.O_PATH) for place in bubblewrap.WRITABLE
            ]
            # Should the machine run out of memory, it is this process that has to go.
            Path(f"/proc/{kernel}/oom_score_adj").write_text("1000")
        except (OSError, ValueError) as error:
            raise SandboxError(f"The sandboxed kernel could not be examined: {error!r}") from error
        if shared:
            raise SandboxError(f"The kernel is not in a sandbox: it shares {', '.join(shared)}.")
        self.in_force = True

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
        # having collected it; bwrap itself is killed (and takes the others along, because of
        # --die-with-parent) only when it hasn't come that far.
        if self._sandbox is None:
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._sandbox, signal.SIGKILL)

    async def cleanup(self, restart=False):
        await super().cleanup(restart)
        if self._sandbox is not None and not select.select([self._sandbox], [], [], END_SECONDS)[0]:
            self.log.error("processes of a student's kernel did not end in %d s", END_SECONDS)
        for fd in (self._ready, self._sandbox, self._kernel, *self._places):
            if fd is not None:
                os.close(fd)
        self._ready = self._sandbox = self._kernel = None
        self._places = ()
        self.in_force = False
