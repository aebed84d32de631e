"""The fork server's own end of the line, with nothing in its place but the system calls."""

import json
import os
import platform
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from kernel_student import needs_sandbox

if sys.platform != "linux":
    pytest.skip("kernels are forked on Linux alone", allow_module_level=True)

from grading.sandbox.forkserver import server
from grading.sandbox.forkserver.protocol import ForkRequest, ServerSettings
from grading.student.launch import Settings

pytest_plugins = ["kernel_student"]
LAUNCH = Settings("", [], [], [], {}, {}, None, None)
REQUEST = json.dumps(asdict(ForkRequest(LAUNCH, "", 0, 0, {}, ""))).encode()
SETTINGS = ServerSettings(None, [], [], [], [], "")
COLLAPSING = """
import random, re
from pathlib import Path
from grading.sandbox.forkserver.pages import collapse_pages
text = random.randbytes(1 << 20) * 128
before = hash(text[1:])
collapse_pages()
(huge,) = re.findall(r"AnonHugePages: *(\\d+)", Path("/proc/self/smaps_rollup").read_text())
print(hash(text[1:]) == before, huge)
"""


@pytest.fixture
def line():
    """The other end of a server's line."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    thread = threading.Thread(target=server.serve, args=[theirs, SETTINGS, []])
    thread.start()
    yield ours
    ours.close()
    thread.join()
    theirs.close()


def test_a_fork_that_fails_is_told_and_the_server_goes_on(line, monkeypatch):
    def fails():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fails)
    for _ in range(2):
        line.sendall(REQUEST)
        assert "temporarily unavailable" in line.recv(1000).decode()


def test_an_answer_that_cannot_be_sent_leaves_no_kernel(line, monkeypatch):
    ended = []

    def fails(*_):
        raise OSError(109, "Too many references: cannot splice")

    monkeypatch.setattr(os, "fork", os.getpid)
    monkeypatch.setattr(os, "kill", lambda pid, number: ended.append(pid))
    monkeypatch.setattr(socket, "send_fds", fails)
    line.sendall(REQUEST)
    assert "Too many references" in line.recv(1000).decode()
    assert ended == [os.getpid()]


def test_after_some_kernels_there_are_huge_pages_once(line, monkeypatch):
    collapsed = []
    monkeypatch.setattr(server, "fork_kernel", lambda control, *_: control.sendall(b"!"))
    monkeypatch.setattr(server, "collapse_pages", lambda: collapsed.append(True))
    seen = []
    for _ in range(2 * server.FEW):
        line.sendall(REQUEST)
        assert line.recv(1000) == b"!"
        seen.append(len(collapsed))
    assert not any(seen[: server.FEW - 1]) and seen[-1] == 1


def test_collapsed_pages_hold_what_they_held():
    """In a process of its own; where Linux can't do it, nothing changes."""
    python = [sys.executable, "-c", COLLAPSING]
    said = subprocess.run(python, check=False, capture_output=True, text=True)
    assert not said.stderr
    same, huge = said.stdout.split()
    version = tuple(map(int, platform.release().split(".")[:2]))
    assert same == "True"
    assert int(huge) > 100_000 or version < (6, 1), "kB of 128 MiB"


@needs_sandbox
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_forked_kernel_has_the_judges_side_compiled_and_imported(start):
    said = start().run("""
        import gc, sys
        its_own = {id(o) for o in gc.get_objects()}  # not those that its parent has frozen
        there = [name for name in sys.modules if name.startswith("grading.student.")]
        print(len(there) > 4, [name for name in there if id(sys.modules[name]) in its_own])
    """)
    assert said == "True []\n"


@needs_sandbox
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_namespace_of_processes_has_few_numbers_where_linux_can_do_that(start):
    machine = Path("/proc/sys/kernel/pid_max").read_text()
    said = start(processes=100).run("print(open('/proc/sys/kernel/pid_max').read().strip())")
    version = tuple(map(int, platform.release().split(".")[:2]))
    few = str(100 + server.RESERVED_NUMBERS)
    assert said.strip() == (few if version >= server.NUMBERS_ITS_PROCESSES else machine.strip())
    assert Path("/proc/sys/kernel/pid_max").read_text() == machine
