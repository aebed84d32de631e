"""A control group for each kernel, where this account may make some: Linux then holds the limits.

Control groups of version 2 belong to whoever starts them: root's own, or one that systemd hands
over (`systemd-run --user --scope -p Delegate=yes nbgrader autograde ...`). What such a group can
do depends on the controllers that it has: without any, it still knows all of a kernel's processes
and the processor time of all that there ever were, and stops and ends them at once; `memory`,
`pids` and `cpu` make Linux itself limit and share out. Nothing here is needed: without a group
`meter` counts.
"""

import contextlib
import functools
import itertools
import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
OWN = Path("/proc/self/cgroup")
CONTROLLERS = ("memory", "pids", "cpu")
GRADERS = "graders"  # where this process goes: a group with controllers holds groups or processes
PREFIX = "graded-kernel-"

_numbers = itertools.count()


class Cgroup:
    """One kernel's group.

    Attributes: limits_memory, limits_tasks, shares_processor: whether Linux does so here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.limits_memory = (path / "memory.max").exists()
        self.limits_tasks = (path / "pids.max").exists()
        self.shares_processor = (path / "cpu.weight").exists()

    def limit(self, memory: int, tasks: int) -> None:
        """Set what it may use, bytes and processes with their threads. Raises OSError."""
        wanted = {
            "memory.max": memory,
            "memory.swap.max": 0,
            "memory.oom.group": 1,  # all of it ends, not the largest process
            "pids.max": tasks,
        }
        for name, value in wanted.items():
            if (self.path / name).exists():
                self._write(name, value)

    def add(self, pid: int) -> None:
        """Take a process in; those that it starts from now on are in it, too. Raises OSError."""
        self._write("cgroup.procs", pid)

    def members(self) -> list[int]:
        """Its processes."""
        return [int(line) for line in self._read("cgroup.procs").split()]

    def cpu_seconds(self) -> float:
        """Processor time of all processes that it ever had."""
        return self._count("cpu.stat", "usage_usec") / 1e6

    def tasks(self) -> int:
        """Processes and threads, where it limits them."""
        return int(self._read("pids.current"))

    def memory(self) -> int:
        """Bytes of memory, where it limits them."""
        return int(self._read("memory.current"))

    def ran_out_of_memory(self) -> bool:
        """Has Linux ended it because it met its limit of memory?"""
        return self.limits_memory and self._count("memory.events", "oom_kill") > 0

    def freeze(self, frozen: bool) -> None:
        """Stop all of its processes, or let them go on; they see nothing of it. Raises OSError."""
        self._write("cgroup.freeze", int(frozen))

    def close(self) -> None:
        """Remove it; its processes have ended."""
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def _read(self, name: str) -> str:
        return (self.path / name).read_text()

    def _write(self, name: str, value: int) -> None:
        (self.path / name).write_text(str(value))

    def _count(self, name: str, key: str) -> int:
        counts = dict(line.split() for line in self._read(name).splitlines())
        return int(counts.get(key, 0))


def enclose(pid: int, memory: int, tasks: int) -> Cgroup | None:
    """Put a process into a group of its own with these limits; None where there can't be one."""
    home, _ = find()
    if home is None:
        return None
    path = _new_path(home)
    try:
        path.mkdir()
        group = Cgroup(path)
        group.limit(memory, tasks)
        group.add(pid)
    except OSError:
        with contextlib.suppress(OSError):
            path.rmdir()
        return None
    return group


@functools.cache
def find() -> tuple[Path | None, str]:
    """(folder for kernels' groups, what they can do) or (None, why there are none).

    Found out by making one, once in a process.
    """
    try:
        home = _home(MOUNTS.read_text(), OWN.read_text())
        if home is None:
            return None, "there are no control groups of version 2 here"
        _remove_leftovers(home)
        _use_controllers(home)
        trial = _new_path(home)
        trial.mkdir()
        has = [name for name in CONTROLLERS if any(trial.glob(f"{name}.max"))]
        usable = (trial / "cgroup.freeze").exists()
        trial.rmdir()
    except OSError as error:
        return None, f"none can be made: {error.strerror} ({error.filename})"
    if not usable:
        return None, "this Linux is too old for them (5.2 is needed)"
    return home, ", ".join(has) or "processes and processor time"


def _new_path(home: Path) -> Path:
    return home / f"{PREFIX}{os.getpid()}-{next(_numbers)}"


def _home(mounts: str, own: str) -> Path | None:
    """The folder of this process's own group, of version 2; None where there is none."""
    for line in mounts.splitlines():
        words, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 "):
            root, mounted = words.split()[3:5]
            break
    else:
        return None
    for line in own.splitlines():
        if line.startswith("0::"):
            path = os.path.relpath(line.removeprefix("0::"), root)
            home = Path(mounted, path)
            return home.parent if home.name == GRADERS else home
    return None


def _use_controllers(home: Path) -> None:
    """Have the groups in `home` use the CONTROLLERS that it may pass on, as far as that goes."""
    offered = (home / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in CONTROLLERS if name in offered)
    if not wanted:
        return
    with contextlib.suppress(OSError):  # it is not ours alone: a group without controllers, then
        if _is_delegated(home):
            graders = home / GRADERS
            graders.mkdir(exist_ok=True)
            for pid in (home / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):  # it has ended
                    (graders / "cgroup.procs").write_text(pid)
        (home / "cgroup.subtree_control").write_text(wanted)


def _is_delegated(home: Path) -> bool:
    """Was `home` handed over for its processes to be moved about in it? (systemd's mark for it)"""
    names = os.listxattr(home) if hasattr(os, "listxattr") else []
    return bool({"user.delegate", "trusted.delegate"}.intersection(names))


def _remove_leftovers(home: Path) -> None:
    """Remove the groups of processes that ended without doing so."""
    for path in home.glob(f"{PREFIX}*"):
        pid = path.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                path.rmdir()
