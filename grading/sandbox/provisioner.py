"""What every student's kernel gets, with or without a sandbox: files, environment, limits, an end.

How jupyter_client uses it: https://jupyter-client.readthedocs.io/en/stable/provisioning.html
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from subprocess import DEVNULL, PIPE

from jupyter_client.connect import port_names
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Integer, List, Unicode

from grading.sandbox.bubblewrap import package_directories, site_packages
from grading.sandbox.usage import descendants, how_it_ended, memory_in_parts, prefer, usage
from grading.sandbox.workspace import Workspace

MIB = 1 << 20
LAUNCHER = Path(__file__).parents[1] / "student" / "launch.py"
UNIX = sys.platform != "win32"
GRACE = 5  # seconds of processor time between the signal that can be caught and the other one
WATCH_SECONDS = 0.1
KEPT_MESSAGE = 4000  # bytes


class PlainProvisioner(LocalProvisioner):
    """Starts a student's kernel with limits and a clean environment, but without isolation.

    The kernel gets a copy of the plain files of its folder (`cwd`), never the folder itself, and
    talks through unix sockets in a private directory where the system has them.
    """

    memory = Integer(4096 * MIB, help="bytes, of each process and in all").tag(config=True)
    cpu_seconds = Integer(1200, help="processor time of each process").tag(config=True)
    wall_seconds = Integer(1800, help="how long a kernel may live").tag(config=True)
    processes = Integer(256, help="processes and threads, together").tag(config=True)
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

    workspace = None
    _inherited = ()  # file descriptors for the kernel, open here until it has started
    _popen = _watcher = _done = _reason = None
    _message = b""
    _ending = False

    @property
    def socket_directory(self):
        """Host path of the folder of the kernel's sockets; None before the kernel was started."""
        return self.workspace and str(self.workspace.sockets)

    @property
    def inside_socket_directory(self):
        """The same folder as the student's kernel sees it."""
        return self.socket_directory

    @property
    def death_reason(self):
        """Why the kernel ended though nobody asked it to, as a sentence; None if it didn't."""
        status = self._popen.poll() if self._popen else None
        if status is not None and self._reason is None and not self._ending:
            self._reason = how_it_ended(status, self.cpu_seconds)
        return self._reason

    async def pre_launch(self, **kwargs):
        manager = self.parent
        submission = Path(os.path.abspath(kwargs.pop("cwd", None) or "."))
        # nbclient asks for a history file too, and ipykernel refuses to be told twice.
        given = [word for word in kwargs.pop("extra_arguments", []) if "hist_file" not in word]
        self._ending, self._reason, self._message = False, None, b""
        self.workspace = self.workspace or self._new_workspace(submission)
        # Half of what fits, so that no submission keeps its kernel from starting.
        for problem in self.workspace.bring(submission, self.tmp_bytes // 2, self.tmp_files // 2):
            self.log.warning("Not shown to the student's kernel: %s", problem)
        manager.connection_file = str(self.workspace.path / "connection.json")
        if UNIX:
            manager.transport, manager.ip = "ipc", str(self.workspace.sockets / "k")
        # Not os.environ.copy(), which fails when nbgrader takes a variable away in another thread.
        here = {name: os.environ.get(name) for name in list(os.environ)}
        kwargs.setdefault("env", {k: v for k, v in here.items() if v is not None})
        kwargs = await super().pre_launch(**kwargs)
        self._inherited = []
        settings = {
            "arguments": given,
            "packages": sorted({str(p.parent) for p in package_directories().values()}),
            "site_packages": site_packages(),
            "limits": self._limits(),
            "sockets": self._listen(manager) if UNIX else {},
        }
        kwargs["env"] = self._environment(kwargs["env"])
        kwargs["cwd"] = str(self.workspace.files)
        kwargs["cmd"] = self._command(settings, submission)
        if UNIX:
            kwargs |= {"stdout": DEVNULL, "stderr": PIPE, "pass_fds": self._inherited}
        return kwargs

    def _new_workspace(self, submission):
        return Workspace()

    def _command(self, settings, submission):
        """The command line of the kernel; `settings` is what its launcher is told."""
        settings |= {"connection_file": self.parent.connection_file, "files": None, "link": None}
        return [sys.executable, "-P", "-s", str(LAUNCHER), json.dumps(settings)]

    def _environment(self, host):
        home = self.workspace.path / "home"
        home.mkdir(exist_ok=True)
        needed = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC")
        places = {name: str(home) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")}
        return {k: host[k] for k in needed if k in host} | places | self._clean_environment(host)

    def _clean_environment(self, host):
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
            "CUDA_VISIBLE_DEVICES": "",  # a sandbox has no GPU, so nothing is graded on one
            **{name: str(self.threads) for name in threads},
            **{name: host[name] for name in self.environment_passed if name in host},
            **self.environment,
        }

    def _limits(self):
        limits = {
            "CORE": (0, 0),
            "CPU": (self.cpu_seconds, self.cpu_seconds + GRACE),
            "FSIZE": (self.file_bytes, self.file_bytes),
        }
        if sys.platform == "linux":
            limits["DATA"] = (self.memory, self.memory)
        return limits

    def _listen(self, manager):
        """Open the kernel's sockets for it: {address that it is going to bind: fd}."""
        listening = {}
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

    async def launch_kernel(self, cmd, **kwargs):
        try:
            info = await self._launch(cmd, **kwargs)
        finally:
            self._close_inherited()
        self._popen, self._done = self.process, threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(self._popen,), daemon=True)
        self._watcher.start()
        return info

    async def _launch(self, cmd, **kwargs):
        """Make the process: sets `process` and `pid`; returns the connection's description."""
        return await super().launch_kernel(cmd, **kwargs)

    def _close_inherited(self):
        while self._inherited:
            os.close(self._inherited.pop())

    def _watch(self, process):
        """Hold the limits that are not those of a single process, until the kernel has ended."""
        prefer(threading.get_native_id())
        deadline = time.monotonic() + self.wall_seconds
        if process.stderr:
            os.set_blocking(process.stderr.fileno(), False)
        while process.poll() is None and not self._done.wait(WATCH_SECONDS):
            self._keep_message(process)
            try:
                reason = self._excess(process.pid)
            except Exception as error:  # what can't be watched doesn't run
                reason = f"The kernel can't be watched: {error!r}."
            if time.monotonic() > deadline:
                reason = f"The notebook ran for more than {self.wall_seconds:,} seconds."
            if reason:
                if not self._ending:
                    self._reason = self._reason or reason
                self._kill_all(process)
        self._keep_message(process)

    def _keep_message(self, process):
        """Empty the pipe of the kernel's own stderr; its end says why a kernel didn't start."""
        with contextlib.suppress(OSError, ValueError):  # closed by wait()
            if process.stderr:
                self._message += process.stderr.read(1 << 16) or b""
                self._message = self._message[-KEPT_MESSAGE:]

    def _excess(self, pid):
        """Which limit `pid` and the processes below it exceed, as a sentence, or None."""
        memory, tasks = usage(pid, self.processes)
        file_bytes, files = self._file_usage()
        if memory + file_bytes > self.memory and tasks <= self.processes:
            memory = memory_in_parts(pid)
        for used, allowed, unit in (
            (tasks, self.processes, "processes and threads"),
            ((memory + file_bytes) // MIB, self.memory // MIB, "MiB of memory"),
            (files, self.tmp_files, "files"),
        ):
            if used > allowed:
                return f"The notebook used {used:,} {unit}; {allowed:,} are allowed."
        return None

    def _file_usage(self):
        """(bytes, number) of the files that the kernel keeps in memory."""
        return 0, 0

    def _kill_all(self, process):
        for pid in descendants(process.pid):
            with contextlib.suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    # Ending. Whatever the kernel's fate was until now, it is known before it is asked to end.

    async def shutdown_requested(self, restart=False):
        self._expect_end()

    async def terminate(self, restart=False):
        self._expect_end()
        await super().terminate(restart)

    async def kill(self, restart=False):
        self.kill_now()
        await self._end()

    def kill_now(self):
        """End the kernel and all of its processes, from whichever thread."""
        self._expect_end()
        if self.process and self.process.poll() is None:
            self._kill_all(self.process)

    async def wait(self):
        await self._end()
        return await super().wait()

    async def _end(self):
        """Wait for the process's end, and know it at once: jupyter_client looks every 0.1 s."""
        if self.process:
            await asyncio.to_thread(self.process.wait)

    def _expect_end(self):
        self._ending = self.death_reason is None

    async def cleanup(self, restart=False):
        """Leave nothing behind, however far the start had come; a second time does nothing."""
        await self.kill()
        await self.wait()
        if self._watcher:
            self._done.set()
            self._watcher.join()
        self._close_inherited()
        await super().cleanup(restart)
        if self.workspace and not restart:
            self.workspace.cleanup()
            self.workspace = None
