"""Control groups: those of this machine, where it has any, and folders that look like some."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from grading.sandbox import cgroup
from grading.sandbox.cgroup import Cgroup

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has control groups")
UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
HYBRID = "29 23 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" + UNIFIED


@pytest.mark.parametrize(
    ("mounts", "own", "home"),
    [
        (UNIFIED, "0::/user.slice/run-1.scope\n", "/sys/fs/cgroup/user.slice/run-1.scope"),
        (UNIFIED, "0::/run-1.scope/graders\n", "/sys/fs/cgroup/run-1.scope"),
        (HYBRID, "4:memory:/a/b\n0::/\n", "/sys/fs/cgroup"),
        (UNIFIED.replace(" / ", " /pod ", 1), "0::/pod/x\n", "/sys/fs/cgroup/x"),
        ("29 23 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "1:cpu:/\n", None),
    ],
)
def test_the_folder_of_this_process(mounts, own, home):
    assert cgroup._home(mounts, own) == (home and Path(home))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder in which groups can be made, as Linux sees one: its files are plain ones."""
    monkeypatch.setattr(cgroup, "find", lambda: (tmp_path, ""))
    return tmp_path


def test_a_group_without_controllers_holds_processes(home):
    group = cgroup.enclose(7, memory=1000, tasks=50)
    assert [path.name for path in group.path.iterdir()] == ["cgroup.procs"]
    assert group.members() == [7]
    assert not (group.limits_memory or group.limits_tasks or group.shares_processor)
    assert not group.ran_out_of_memory()


def test_a_group_with_controllers_has_the_limits(home):
    names = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.weight")
    for name in names:
        (home / name).touch()
    (home / "memory.events").write_text("low 0\noom_kill 1\n")
    (home / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    group = Cgroup(home)
    group.limit(memory=1000, tasks=50)
    assert [(home / name).read_text() for name in names] == ["1000", "0", "1", "50", ""]
    assert group.limits_memory and group.limits_tasks and group.shares_processor
    assert group.ran_out_of_memory()
    assert group.cpu_seconds() == 1.5  # noqa: PLR2004
    group.freeze(True)
    assert (home / "cgroup.freeze").read_text() == "1"


def test_where_no_group_can_be_made_there_is_none(home, monkeypatch):
    monkeypatch.setattr(cgroup, "find", lambda: (home / "missing", ""))
    assert cgroup.enclose(7, memory=1000, tasks=50) is None


def test_a_delegated_group_gets_controllers_and_leaves_them_to_kernels(home, monkeypatch):
    (home / "cgroup.controllers").write_text("cpuset cpu io memory pids")
    (home / "cgroup.procs").write_text("12\n")
    (home / "cgroup.subtree_control").touch()
    monkeypatch.setattr(cgroup, "_is_delegated", lambda home: True)
    cgroup._use_controllers(home)
    assert (home / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert (home / cgroup.GRADERS / "cgroup.procs").read_text() == "12"


def test_what_a_killed_process_left_is_removed(home):
    child = subprocess.Popen(["true"])
    child.wait()
    for pid in (child.pid, 1):
        (home / f"{cgroup.PREFIX}{pid}-0").mkdir()
    cgroup._remove_leftovers(home)
    assert [path.name for path in home.iterdir()] == [f"{cgroup.PREFIX}1-0"]


def test_the_groups_of_this_machine_stop_and_count_processes_or_it_says_why_there_are_none():
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        home, said = cgroup.find()
        group = cgroup.enclose(child.pid, memory=1 << 30, tasks=50)
        assert said and (group is None) == (home is None)
        if group is None:
            return
        assert group.members() == [child.pid]
        until(lambda: group.cpu_seconds() > 0)
        group.freeze(True)
        until(lambda: "frozen 1" in (group.path / "cgroup.events").read_text())
    finally:
        child.kill()
        child.wait()
    group.close()
    assert not group.path.exists()


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
