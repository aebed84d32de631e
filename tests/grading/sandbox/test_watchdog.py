"""The watch over a kernel, with any process in the kernel's place."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from grading.sandbox import usage
from grading.sandbox.meter import MIB
from grading.sandbox.watchdog import BURST_SECONDS, LONGEST_PAUSE, Limits, Watchdog, _Share

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what processes use")
LIMITS = Limits(
    memory=500 * MIB,
    tasks=50,
    files=10,
    descriptors=1000,
    sockets=100,
    wall_seconds=60,
    cpu_seconds=60,
    processors=2.0,
)


@pytest.fixture
def watch():
    watched = []

    def start(program, limits=LIMITS):
        process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
        watched.append(Watchdog(process, limits))
        watched[-1].start()
        return watched[-1]

    yield start
    for watchdog in watched:
        watchdog.kill()
        watchdog.process.wait()
        watchdog.stop()
        watchdog.process.stderr.close()


def test_an_end_that_was_asked_for_needs_no_reason(watch):
    watchdog = watch("import time; time.sleep(60)")
    watchdog.kill()
    watchdog.process.wait()
    assert watchdog.death_reason is None


def test_an_end_that_came_before_keeps_its_reason(watch):
    watchdog = watch("import sys; sys.exit('no such file')")
    watchdog.await_end(30)
    watchdog.kill()
    assert watchdog.death_reason == "The kernel ended by itself, with exit status 1."
    assert watchdog.message == b"no such file\n"


SHORT_LIVED = """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.4
        while time.process_time() < end: pass
        os._exit(0)
    try: os.wait()
    except ChildProcessError: pass
"""
WITHOUT_OWNER = """
import mmap
shared = mmap.mmap(-1, 80 << 20)
for start in range(0, 80 << 20, 1 << 20):
    shared[start : start + (1 << 20)] = bytes(1 << 20)
    shared.madvise(mmap.MADV_DONTNEED)
"""
PAGE_TABLES = """
import ctypes, mmap
size, libc = 40 << 30, ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, -1, 0)
libc.madvise(at, size, 15)
for place in range(at, at + size, 2 << 20): ctypes.c_char.from_address(place).value
"""


@pytest.mark.parametrize(
    ("program", "limits", "reason"),
    [
        ("", {"wall_seconds": 0}, "ran for more than 0 seconds"),
        ("data = b'x' * (80 << 20)", {"memory": 50 * MIB}, "MiB of memory; 50 are allowed"),
        (WITHOUT_OWNER, {"memory": 50 * MIB}, "MiB of memory; 50 are allowed"),
        (PAGE_TABLES, {"memory": 50 * MIB}, "MiB of memory; 50 are allowed"),
        (
            "import threading\nfor _ in range(9):\n"
            "    threading.Thread(target=time.sleep, args=[60]).start()",
            {"tasks": 5},
            "processes and threads; 5 are allowed",
        ),
        (
            "import os\nos.fork() and [os.dup(1) for _ in range(60)]",
            {"descriptors": 50},
            "open files",
        ),
        (SHORT_LIVED, {"cpu_seconds": 1}, "more than 1 seconds of processor time"),
    ],
    ids=["wall", "memory", "no-owner", "page-tables", "tasks", "descriptors", "ended-children"],
)
def test_a_limit_that_is_exceeded_is_the_end_and_its_reason(watch, program, limits, reason):
    watchdog = watch(f"import time\n{program}\ntime.sleep(60)", replace(LIMITS, **limits))
    watchdog.await_end(30)
    assert watchdog.process.poll() is not None
    assert reason in watchdog.death_reason
    assert watchdog.at_limit == limits.keys().isdisjoint(["wall_seconds", "cpu_seconds"])


def test_processes_that_share_their_memory_are_no_more_than_it(watch):
    program = """
import os, time
kept = os.urandom(40 << 20)
for _ in range(10):
    if os.fork() == 0: break
time.sleep(60)
"""
    watchdog = watch(program, replace(LIMITS, memory=150 * MIB))
    watchdog.await_end(2)
    assert watchdog.process.poll() is None


def test_who_takes_more_than_a_share_of_the_processors_waits_and_goes_on(watch, monkeypatch):
    monkeypatch.setattr("grading.sandbox.watchdog.BURST_SECONDS", 0.1)
    watchdog = watch("while True: pass", replace(LIMITS, processors=0.01))
    pid = watchdog.process.pid
    for state in ("T", "R", "T"):
        until(lambda state=state: usage.state_of(pid) == state)
    assert watchdog.process.poll() is None


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_share_is_kept_on_average(monkeypatch):
    """A hog that takes two processors whenever it isn't stopped comes to one of them."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    share, used = _Share(1.0), 0.0
    for _ in range(100):
        now, used = now + 0.1, used + 0.2
        wait = share.wait_after(used)
        assert wait <= LONGEST_PAUSE
        now += wait
    assert used <= now + BURST_SECONDS + 0.2


def test_a_hog_gets_what_one_process_would_get_beside_the_others(monkeypatch):
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    share, used = _Share(1.0), 0.0
    marks = []
    for _ in range(100):
        marks.append((now, used))
        now, used = now + 0.1, used + 0.2
        if wait := share.wait_after(used):
            now += wait
            share.others(running=10)
    (began, before), (end, after) = marks[50], marks[-1]
    assert (after - before) / (end - began) < 0.25  # noqa: PLR2004 (a tenth of two is 0.2)
    now += 100  # it has been modest for a while, and may take a processor again
    assert not share.wait_after(used)
    now += 1
    assert not share.wait_after(used + 1)


def test_looking_takes_little_however_many_processes_there_are(watch):
    """What is paid for: the processor time of the watch, while there is a lot to look at."""
    program = "import os, time\nfor _ in range(40):\n    if os.fork() == 0: break\ntime.sleep(60)"
    watchdog = watch(program)
    until(lambda: len(usage.descendants(watchdog.process.pid)) > 40)  # noqa: PLR2004
    clock = time.pthread_getcpuclockid(watchdog._thread.ident)
    began, used = time.monotonic(), time.clock_gettime(clock)
    watchdog.await_end(3)
    took = (time.clock_gettime(clock) - used) / (time.monotonic() - began)
    assert took < 0.02  # noqa: PLR2004


def test_what_cannot_be_watched_does_not_run(watch, monkeypatch):
    def fails(*_):
        raise OSError("no /proc")

    monkeypatch.setattr(usage, "look_at", fails)
    watchdog = watch("import time; time.sleep(60)")
    watchdog.await_end(30)
    assert "can't be watched" in watchdog.death_reason


def test_who_lets_nobody_look_has_as_many_files_as_it_may_have(monkeypatch):
    """As before Linux 6.2, where the folder's size doesn't tell."""
    own = len(os.listdir("/proc/self/fd"))
    assert own - 3 <= usage.open_files(os.getpid()) <= own + 3

    def refused(folder):
        raise PermissionError(folder)

    monkeypatch.setattr(os, "stat", lambda folder: os.stat_result([0] * 10))
    monkeypatch.setattr(os, "listdir", refused)
    assert usage.open_files(os.getpid()) == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
