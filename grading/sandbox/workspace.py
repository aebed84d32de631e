"""The private directory of one kernel on this machine: its sockets, and a copy of the files."""

import contextlib
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from grading import scratch

PREFIX = "graded-kernel-"
NESTED_PREFIX = "kernel-"
SOCKET_PATH_LIMIT = 103  # sockaddr_un.sun_path: 108 on Linux, 104 on macOS, with a final zero
# What follows the temporary folder in the name of a socket: a workspace in a workspace.
SOCKET_PATH_TAIL = len(f"/{PREFIX}12345678/{NESTED_PREFIX}12345678/in/sockets/") + 20
SCANS = 100
BLOCK = 4096  # bytes that a file takes at least, and a folder


class Workspace(tempfile.TemporaryDirectory[str]):
    """A directory that only this account can enter, removed by cleanup() or when Python ends.

    Attributes: path; shown, the directory in it that a sandboxed kernel sees; sockets and files,
    two directories in that. What a process that was killed left behind is removed by the next one
    that makes a workspace. A workspace `within` the path of another one goes with that.
    """

    def __init__(self, within: Path | None = None) -> None:
        self._lock: IO[str] | None = None
        if within:
            super().__init__(prefix=NESTED_PREFIX, dir=within, ignore_cleanup_errors=True)
        else:
            remove_leftovers()
            super().__init__(prefix=PREFIX, dir=_temporary_folder(), ignore_cleanup_errors=True)
        self.path = Path(self.name)
        if not within:
            self._lock = scratch.hold(self.path)
        self.shown = self.path / "in"
        self.shown.mkdir(mode=0o700)
        self.sockets = self.shown / "sockets"
        self.files = self.shown / "files"
        self.sockets.mkdir()

    def cleanup(self) -> None:
        """Remove the directory; a second time does nothing."""
        super().cleanup()
        if self._lock:
            self._lock.close()

    def copy_files(self, source: Path, most_bytes: int, most_files: int) -> list[str]:
        """Make `files` a fresh copy of those in the folder `source` that `select_files` chooses.

        Returns the names of the plain files that had to stay out, each with the reason.
        """
        if self.files.exists():
            shutil.rmtree(self.files)
        self.files.mkdir()
        paths = {
            os.path.relpath(os.path.join(folder, name), source): os.path.join(folder, name)
            for folder, _, names in os.walk(source)
            for name in names
        }
        chosen, left_out = select_files(paths, most_bytes, most_files)
        for name, path in chosen.items():
            target = self.files / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target, follow_symlinks=False)
            except OSError as error:
                left_out.append(f"{name!r} ({error.strerror})")
        return left_out


def select_files(
    paths: Mapping[str, str], most_bytes: int, most_files: int
) -> tuple[dict[str, str], list[str]]:
    """Which files of a submission are shown to its kernel.

    paths: {path relative to the submission's folder: path}. Notebooks, symbolic links and
    everything else that isn't a plain file stay out, and so does what goes beyond `most_bytes` or
    `most_files` in all (folders count as files). Returns (paths that are left, the names of plain
    files that had to stay out, each with the reason).
    """
    chosen: dict[str, str] = {}
    left_out: list[str] = []
    folders: set[str] = set()
    for name, path in sorted(paths.items()):
        parents = {str(folder) for folder in Path(name).parents}
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or name.lower().endswith(".ipynb"):
            continue
        if ".ipynb_checkpoints" in parents:
            continue
        files = 1 + len(parents - folders)
        size = status.st_size + BLOCK * files
        if size > most_bytes or files > most_files:
            left_out.append(f"{name!r} (too much for one submission)")
            continue
        most_bytes, most_files, folders = most_bytes - size, most_files - files, folders | parents
        chosen[name] = path
    return chosen, left_out


def remove_leftovers() -> None:
    """Remove the workspaces of this account's processes that have ended without doing so."""
    scratch.remove_leftovers(_temporary_folder(), PREFIX, kill_bwrap_of)


def kill_bwrap_of(folder: Path) -> None:
    """Kill the bwrap processes of a kernel whose workspace was `folder`, until there are none.

    There is one when grading, or bwrap itself, was killed in the few milliseconds before bwrap has
    bound the ends of its processes to one another; it does nothing but wait.
    """
    for _ in range(SCANS):
        found = False
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = os.fsdecode(path.read_bytes()).split("\0")
                shown = any(Path(word).is_relative_to(folder) for word in words)
                if shown and Path(words[0]).name == "bwrap":
                    found = True
                    os.kill(int(path.parent.name), signal.SIGKILL)
        if not found:
            return
        time.sleep(0.01)  # one that was being forked shows in the next scan


def _temporary_folder() -> str:
    """The system's folder for temporary files, or /tmp where a socket's name would be too long."""
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) + SOCKET_PATH_TAIL > SOCKET_PATH_LIMIT and os.path.isdir("/tmp"):
        return "/tmp"
    return folder
