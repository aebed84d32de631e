"""A student's cell has its processor time, however busy the machine is."""

import multiprocessing
import time

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from grading.judge.kernel_client import KernelClient

COMPUTES = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"
PATIENCE = 60.0  # times as long as it computes may a cell take here


@pytest.fixture
def run(tmp_path):
    """Runs cells in one kernel: for each why it was interrupted, or "", and its output."""
    clients = []

    def run_all(*sources, timeout, patience=PATIENCE):
        nb = new_notebook(cells=[new_code_cell(source) for source in sources])
        settings = {"timeout": timeout, "patience": patience}
        client = KernelClient(nb, str(tmp_path), config=Config(KernelClient=settings))
        clients.append(client)
        client.start()
        for index, cell in enumerate(nb.cells):
            assert client.run_cell(cell, index, client.wall_seconds) is None
            said = [output.get("text", output.get("ename")) for output in cell.outputs]
            yield client.late, said

    yield run_all
    for client in clients:
        client.kill()


def spin(started):
    started.release()
    while True:
        pass


@pytest.fixture
def busy():
    """Four processes that take all the processor time that they can get."""
    started = multiprocessing.Semaphore(0)
    spinning = [multiprocessing.Process(target=spin, args=[started], daemon=True) for _ in range(4)]
    for process in spinning:
        process.start()
    for _ in spinning:
        started.acquire()
    yield
    for process in spinning:
        process.kill()
        process.join()


def test_a_cell_beside_four_busy_processes_gets_to_its_end(run, busy):
    (cell,) = run(COMPUTES.format(2) + "\nprint('done')", timeout=3)
    assert cell == ("", ["done\n"])


def test_a_cell_that_computes_for_too_long_is_interrupted_and_the_next_one_runs(run):
    endless = "while True:\n    try:\n        pass\n    except Exception:\n        pass"
    over, after = run(endless, "print(1 + 1)", timeout=1)
    assert over == ("it used more than 1 seconds of processor time", ["CellTimeoutError"])
    assert after == ("", ["2\n"])


def test_a_cell_that_waits_for_too_long_is_interrupted_on_the_clock(run):
    began = time.monotonic()
    (cell,) = run("import time\ntime.sleep(1000)", timeout=1, patience=3.0)
    assert cell[0] == "it took more than 3 seconds"
    assert 3 <= time.monotonic() - began < 300


def test_an_earlier_cell_uses_up_nobody_elses_time(run):
    cells = run(*[COMPUTES.format(0.7)] * 3, timeout=1)
    assert [late for late, _ in cells] == ["", "", ""]
