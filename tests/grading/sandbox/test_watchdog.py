"""The watch over a kernel, with any process in the kernel's place."""

import subprocess
import sys
from dataclasses import replace

import pytest

from grading.sandbox.meter import MIB
from grading.sandbox.watchdog import Limits, Watchdog

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


@pytest.mark.parametrize(
    ("program", "limits", "reason"),
    [
        ("", {"wall_seconds": 0}, "ran for more than 0 seconds"),
        ("data = b'x' * (80 << 20)", {"memory": 50 * MIB}, "MiB of memory; 50 are allowed"),
        (
            "import threading\nfor _ in range(9):\n"
            "    threading.Thread(target=time.sleep, args=[60]).start()",
            {"tasks": 5},
            "processes and threads; 5 are allowed",
        ),
    ],
)
def test_a_limit_that_is_exceeded_is_the_end_and_its_reason(watch, program, limits, reason):
    watchdog = watch(f"import time\n{program}\ntime.sleep(60)", replace(LIMITS, **limits))
    watchdog.await_end(30)
    assert watchdog.process.poll() is not None
    assert reason in watchdog.death_reason
    assert watchdog.at_limit == ("wall_seconds" not in limits)


def test_what_cannot_be_watched_does_not_run(watch, monkeypatch):
    def fails(*_):
        raise OSError("no /proc")

    monkeypatch.setattr("grading.sandbox.usage.look_at", fails)
    watchdog = watch("import time; time.sleep(60)")
    watchdog.await_end(30)
    assert "can't be watched" in watchdog.death_reason
