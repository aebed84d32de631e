"""Without a sandbox: refusal where one is required, else a warning and manners; the doctor."""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from kernel_student import BWRAP, PATIENCE, KernelSession, needs_sandbox
from traitlets.config import Config

from grading.sandbox import bubblewrap, cgroup, doctor as diagnosis
from grading.sandbox.doctor import doctor, limits
from grading.sandbox.exposed import Exposed, exposed_files
from grading.sandbox.forkserver import client
from grading.sandbox.manager import CourseKernelManager
from grading.sandbox.namespaces import SandboxError
from grading.sandbox.provisioners import forked

pytest_plugins = ["kernel_student"]
SECRET = secrets.token_hex(16)


def test_a_required_sandbox_that_is_missing_stops_everything(tmp_path, monkeypatch):
    place = tempfile.mkdtemp()
    monkeypatch.setattr(tempfile, "tempdir", place)
    missing = {"SandboxProvisioner": {"bwrap": str(tmp_path / "bwrap")}}
    for manager in (
        {"require_sandbox": True},
        {"sandbox": True},
    ):
        refused = CourseKernelManager(config=Config({**missing, "CourseKernelManager": manager}))
        with pytest.raises(SandboxError, match="doctor"):
            asyncio.run(refused.start_kernel(cwd=str(tmp_path)))
        assert not refused.sandboxed and not refused.has_kernel
    off = CourseKernelManager(sandbox=False, require_sandbox=True)
    with pytest.raises(SandboxError, match="switched off"):
        off.choose_provisioner()
    Path(place).rmdir()  # nothing was put there


@needs_sandbox
@pytest.mark.parametrize("fork_server", [True, False])
@pytest.mark.parametrize(
    ("option", "complaint"),
    [("--share-net", "shares net"), ("--bogus", "bogus"), (None, "did not start|examined")],
)
def test_a_sandbox_that_is_none_is_noticed(tmp_path, monkeypatch, option, complaint, fork_server):
    """Even where the program in bwrap's place says that it works."""
    impostor = tmp_path / "bwrap"
    monkeypatch.setattr(bubblewrap, "find", lambda configured: (str(impostor), None))
    start = f"line[0] = {BWRAP!r}; line.insert(2, {option!r})"
    skip = f"line = line[line.index({sys.executable!r}):]"
    impostor.write_text(
        f"#!{sys.executable}\nimport os, sys\nline = sys.argv\n{start if option else skip}\n"
        "os.execv(line[0], line)\n"
    )
    impostor.chmod(0o700)
    manager = CourseKernelManager(fork_server=fork_server)
    with pytest.raises(SandboxError, match=complaint):
        asyncio.run(manager.start_kernel(cwd=str(tmp_path)))
    assert not manager.sandboxed and not manager.has_kernel


@needs_sandbox
@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"ForkedProvisioner": {"preload": ["no_such_module"]}},
            "No module named",
        ),
        ({"SandboxProvisioner": {"environment": {"CUDA_VISIBLE_DEVICES": "0"}}}, "outlive a fork"),
    ],
)
def test_where_kernels_cannot_be_forked_each_is_started(
    tmp_path, monkeypatch, caplog, settings, complaint
):
    monkeypatch.setattr(CourseKernelManager, "_can_fork", True)
    insisting = CourseKernelManager(fork_server=True, config=Config(settings))
    with pytest.raises(SandboxError, match=complaint):
        asyncio.run(insisting.start_kernel(cwd=str(tmp_path)))
    student = KernelSession(tmp_path, config=settings)
    assert complaint in caplog.text and "started by itself" in caplog.text
    assert student.manager.sandboxed and student.run("print(1)") == "1\n"
    student.close()


@pytest.mark.skipif(sys.platform == "win32", reason="the messages on a terminal are POSIX's")
def test_without_a_sandbox_it_says_so_once_and_keeps_its_manners(
    start, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(CourseKernelManager, "_warned", False)
    monkeypatch.setenv("SANDBOX_TEST_SECRET", SECRET)
    folder = tmp_path / "plain"
    folder.mkdir()
    folder.joinpath("json.py").write_text("import builtins\nbuiltins.SLIPPED_IN = 1\n")
    folder.joinpath("vae.py").write_text("size = 16\n")
    student = start(folder, manager={"sandbox": False})
    assert capsys.readouterr().err.count("THERE IS NO SANDBOX") == 1
    said = student.run("""
        import builtins, helpers, json, os, vae
        print(hasattr(builtins, "SLIPPED_IN"), os.environ.get("SANDBOX_TEST_SECRET"), vae.size)
        print(os.environ["HOME"])
        os.remove("vae.py")
    """)
    home = Path(said.split()[-1])
    assert said.startswith("False None 16\n") and home != Path.home() and home.exists()
    assert folder.joinpath("vae.py").exists()
    assert not student.manager.sandboxed
    assert student.manager.inside_socket_directory == student.manager.socket_directory
    start(folder, manager={"sandbox": False})
    assert "SANDBOX" not in capsys.readouterr().err
    student.close()
    assert not home.exists()


def test_limits_hold_without_a_sandbox_too(start):
    student = start(manager={"sandbox": False}, wall_seconds=3)
    student.run("import time\ntime.sleep(60)")
    assert student.manager.death_reason == "The notebook ran for more than 3 seconds."


def test_the_doctor_agrees():
    done = subprocess.run(
        [sys.executable, "-m", "grading", "doctor"], capture_output=True, text=True, check=False
    )
    assert done.returncode == (0 if BWRAP else 1), done.stdout
    assert ("[ ok ] a sandbox can be started" in done.stdout) == bool(BWRAP)
    assert ("[ ok ] kernels are forked" in done.stdout) == bool(BWRAP)
    assert not done.stderr


@needs_sandbox
def test_the_doctor_tells_that_nothing_can_be_forked(monkeypatch, capsys):
    monkeypatch.setattr(forked, "_servers", {})
    monkeypatch.setattr(client, "RUN", "raise SystemExit('{packages}: nothing to fork')")
    assert doctor() == 0
    said = capsys.readouterr().out
    assert "[slow] kernels are started one by one" in said and "nothing to fork" in said


@needs_sandbox
def test_the_doctor_lists_what_shows_and_is_private(tmp_path, monkeypatch, capsys):
    for name in ("own", "covered/secret", "closed/file", "others", "common", "many/0"):
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "lib/own").chmod(0o600)
    (tmp_path / "lib/closed").chmod(0o700)
    (tmp_path / "lib/link").symlink_to(tmp_path / "lib/own")
    made = {str(tmp_path / "lib"): True, str(tmp_path / "lib/covered"): False, "/x": "/lib/own"}
    found = {"own", "closed/file"}
    if os.getuid() == 0:
        os.chown(tmp_path / "lib/others", 12345, -1)
        found.add("others")
    exposed = exposed_files(made, PATIENCE)
    assert exposed == Exposed(exposed.files, complete=True)
    assert {os.path.relpath(path, tmp_path / "lib") for path in exposed.files} == found
    assert not exposed_files(made, 0).complete

    monkeypatch.setattr(diagnosis, "view", lambda: made)
    monkeypatch.setattr(diagnosis, "why_not_forked", lambda: None)
    monkeypatch.setattr(diagnosis, "LISTED", 1)
    assert doctor() == 0
    said = capsys.readouterr().out
    assert f"[look] students' code can read {len(found)} files" in said
    assert exposed.files[0] in said and f"and {len(found) - 1} more" in said
    assert "c.SandboxProvisioner.hidden" in said


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ((None, "there are no control groups"), "[count] memory and processes are counted"),
        ((Path("/sys"), "processes and processor time"), "tell processes and processor time"),
        ((Path("/sys"), "memory, pids, cpu"), "hold the limits of each kernel: memory, pids, cpu"),
    ],
)
def test_the_doctor_says_who_holds_the_limits(monkeypatch, groups, said):
    monkeypatch.setattr(cgroup, "find", lambda: groups)
    assert said in limits()


def test_the_doctor_knows_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(bubblewrap, "find", lambda: (None, "bubblewrap is not installed"))
    monkeypatch.setattr(bubblewrap, "candidates", list)
    assert doctor() == 1
    advice = "apt install bubblewrap" if sys.platform == "linux" else "Linux"
    assert advice in capsys.readouterr().out
