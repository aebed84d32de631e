"""The limits of a student's kernel, and its end, whatever the student does."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from kernel_student import MIB, PATIENCE, alive, eventually, needs_sandbox
from nbclient import NotebookClient

from grading.sandbox import bubblewrap
from grading.sandbox.forkserver.client import ForkedProcess
from grading.sandbox.manager import CourseKernelManager
from grading.sandbox.usage import descendants
from grading.sandbox.view import python_directories
from grading.sandbox.workspace import Workspace, remove_leftovers

pytest_plugins = ["kernel_student"]
SANDBOX_PROCESSES = 3  # bwrap outside, process 1 and the kernel inside


@needs_sandbox
def test_a_notebook_that_trains_fits(start):
    student = start()
    said = student.run("""
        import matplotlib.pyplot as plt, torch
        from helpers import data
        images = torch.utils.data.TensorDataset(torch.rand(64, 1, 28, 28))
        loader = torch.utils.data.DataLoader(images, batch_size=16, num_workers=2)
        net = torch.nn.Conv2d(1, 4, 3)
        optimiser = torch.optim.Adam(net.parameters())
        for (batch,) in loader:
            net(batch).square().sum().backward()
            optimiser.step()
        plt.plot([1, 2]); plt.close()
        print(torch.get_num_threads(), torch.cuda.is_available())
    """)
    assert said.endswith("1 False\n"), said


@needs_sandbox
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_forked_kernel_has_what_training_imports(start):
    said = start().run("""
        import sys, torch
        before = len(sys.modules)
        net = torch.nn.Linear(2, 1)
        optimizer = torch.optim.Adam(net.parameters())
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        print(len(sys.modules) - before, "more")
    """)
    assert said == "0 more\n"


@needs_sandbox
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_kernel_remembers_its_cells_without_a_database(start):
    student = start()
    student.run("x = 6 * 7\nx")
    assert (
        student.run("print(Out[1], _, In[1].split())") == "42 42 ['x', '=', '6', '*', '7', 'x']\n"
    )
    assert "6 * 7" in student.run("%history")
    assert (
        student.run(
            "import sys, threading\nprint([t.name for t in threading.enumerate() "
            "if 'History' in t.name])"
        )
        == "[]\n"
    )


@needs_sandbox
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_compiled_model_is_the_model_and_headers_are_there(start):
    header = Path(sysconfig.get_path("include"), "Python.h")
    said = start().run(f"""
        import os, torch
        model = torch.nn.Linear(2, 1)
        compiled = torch.compile(model, mode="max-autotune", fullgraph=True)
        print(torch.equal(compiled(torch.ones(3, 2)), model(torch.ones(3, 2))))
        print(os.path.exists({str(header)!r}))
    """)
    assert said == f"True\n{header.exists()}\n"


@needs_sandbox
def test_a_process_gets_no_more_memory_than_allowed(start):
    student = start(memory=1024 * MIB)
    assert "MemoryError" in student.run("x = bytearray(2 << 30)")
    assert student.run("print(1)") == "1\n"


@needs_sandbox
@pytest.mark.parametrize(
    "hog",
    [
        # Shared pages don't count for the limit of a process.
        "mmap.mmap(-1, 2200 << 20); [kept.write(bytes(1 << 20)) for _ in range(2200)]",
        "[os.fork() or (bytearray(os.urandom(1 << 20) * 500), time.sleep(60)) for _ in range(4)]",
        "[open(f'/tmp/{i}', 'wb').write(bytes(450 << 20)) for i in range(5)]",
    ],
    ids=["shared", "in-children", "in-files"],
)
def test_memory_is_counted_wherever_it_is(start, hog):
    student = start(memory=2000 * MIB, tmp_bytes=2400 * MIB)
    student.run(f"import mmap, os, time\nkept = {hog}\ntime.sleep(60)")
    assert re.search(r"used [\d,]+ MiB of memory; 2,000 are allowed", student.manager.death_reason)


@needs_sandbox
def test_sockets_are_bounded_in_number(start):
    student = start()
    student.run("""
        import os, socket, time
        kept = [os.fork() for _ in range(2)]
        kept += [socket.socketpair() for _ in range(400)]
        time.sleep(60)
    """)
    assert "sockets; 1,000 are allowed" in student.manager.death_reason


@needs_sandbox
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_kernel_that_loses_its_fork_server_is_known_to_and_the_next_one_gets_a_new_server(start):
    student = start()
    assert not student.manager.lost
    os.kill(student.manager.provisioner._server.pid, signal.SIGKILL)
    eventually(lambda: student.manager.lost)
    student = start()
    assert student.run("print(1)") == "1\n"
    student.run("import os; os.kill(os.getpid(), 9)")
    assert "killed" in student.manager.death_reason
    assert not student.manager.lost


@needs_sandbox
@pytest.mark.parametrize("group", [True, False])
@pytest.mark.parametrize("start", ["forked"], indirect=True)
def test_a_hog_waits_for_its_turn_and_answers(start, group, monkeypatch):
    if not group:
        monkeypatch.setattr("grading.sandbox.cgroup.find", lambda: (None, "not wanted"))
    student = start(processors=0.5)
    said = student.run("""
        import os, time
        began = time.monotonic()
        children = []
        for _ in range(4):
            children.append(os.fork())
            if children[-1] == 0:
                os.setsid()
                while time.monotonic() < began + 4:
                    pass
                os._exit(0)
        for child in children:
            os.waitpid(child, 0)
        used = os.times()
        print((used.children_user + used.children_system) / (time.monotonic() - began))
    """)
    assert float(said) < 1.1  # noqa: PLR2004 (two processors' worth where there are two)
    assert student.run("print('still here')") == "still here\n"


@needs_sandbox
def test_a_fork_bomb_is_bounded(start):
    student = start(processes=60)
    said = student.run("""
        import os, time
        try:
            for _ in range(300):
                if os.fork() == 0:
                    os.setsid()
                    time.sleep(60)
                    os._exit(0)
        except BlockingIOError:
            print("no more")
        time.sleep(1)
    """)
    reason = student.manager.death_reason
    assert "no more" in said or "60 are allowed" in reason


@needs_sandbox
def test_files_are_bounded_in_size_and_number(start):
    student = start(tmp_bytes=8 * MIB, file_bytes=4 * MIB, tmp_files=500)
    said = student.run("""
        def write(path, size):
            try:
                with open(path, "wb", buffering=0) as file:
                    while size > 0:
                        size -= file.write(bytes(1 << 20))
            except OSError as error:
                print(error.strerror)
        write("large", 5 << 20)
        for place in (".", "/tmp", "/dev/shm"):
            for i in range(3):
                write(f"{place}/{i}", 3 << 20)
    """)
    assert said == "File too large\n" + "No space left on device\n" * 4
    student.run("import time\nfor i in range(900): open(f'/tmp/{i}', 'w')\ntime.sleep(60)")
    assert "files; 500 are allowed" in student.manager.death_reason


@needs_sandbox
def test_time_is_bounded(start):
    student = start(wall_seconds=3)
    student.run("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)")
    assert student.manager.death_reason == "The notebook ran for more than 3 seconds."
    student = start(cpu_seconds=2)
    student.run("while True: pass")
    assert "more than 2 seconds of processor time" in student.manager.death_reason


@needs_sandbox
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "killed"),
        ("ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_a_kernel_that_ends_itself_is_explained(start, end, reason):
    student = start()
    student.run(f"import ctypes, os\n{end}")
    assert reason in student.manager.death_reason


@needs_sandbox
def test_an_interrupt_reaches_the_cell_and_the_kernel_goes_on(start):
    student = start()
    said = student.run("print('busy')\nwhile True: pass", interrupt_when="busy")
    assert "KeyboardInterrupt" in said
    assert student.run("print('still here')") == "still here\n"
    assert student.manager.death_reason is None


DETACHED = 3
MESS = f"""
    import os
    for _ in range({DETACHED}):
        if child := os.fork():
            os.waitpid(child, 0)
        else:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", "600"])
            os._exit(0)
    open("/tmp/mine", "w").write("x")
    os.makedirs(os.path.expanduser("~/.ipython/profile_default/startup"), exist_ok=True)
    open(os.path.expanduser("~/.ipython/profile_default/startup/00.py"), "w").write("poisoned = 1")
"""


@needs_sandbox
@pytest.mark.parametrize("now", [True, False])
def test_nothing_is_left_and_nothing_is_inherited(start, now):
    student = start()
    student.run(MESS)
    private = Path(student.manager.socket_directory).parent
    members = descendants(student.manager.provisioner.pid)
    assert len(members) == SANDBOX_PROCESSES + DETACHED
    student.wait(student.manager.shutdown_kernel(now=now))
    assert not any(map(alive, members))
    assert not private.exists()
    assert student.manager.death_reason is None
    student.close()
    student = start()
    said = student.run("import os\nprint('poisoned' in dir(), os.listdir('/tmp'))")
    assert said == f"False {empty_tmp()}\n"


def empty_tmp():
    """What /tmp holds inside, when nobody has written: the way to a Python that is kept there."""
    inside = {Path(tree).parts[2] for tree in python_directories() if tree.startswith("/tmp/")}
    return sorted(inside)


@needs_sandbox
def test_a_killed_autograder_leaves_nothing_behind(tmp_path):
    program = f"""
import asyncio, time
from grading.sandbox.manager import CourseKernelManager
from grading.sandbox.usage import descendants
async def main():
    manager = CourseKernelManager()
    await manager.start_kernel(cwd={str(tmp_path)!r})
    print(manager.socket_directory, *descendants(manager.provisioner.pid), flush=True)
    time.sleep({PATIENCE})
asyncio.run(main())
"""
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    sockets, *members = grader.stdout.readline().split()
    private = Path(sockets).parent
    assert private.exists() and len(members) == SANDBOX_PROCESSES
    remove_leftovers()
    assert private.exists()  # in use
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    eventually(lambda: not any(map(alive, members)))
    Workspace().cleanup()
    assert not private.exists()


@needs_sandbox
def test_an_autograder_killed_while_a_kernel_starts_leaves_nothing_either(tmp_path):
    mark = tmp_path / "mark"  # shows in the command line of what belongs to this test
    mark.touch()
    program = f"""
import asyncio, os, signal, sys, time
from traitlets.config import Config
from grading.sandbox.manager import CourseKernelManager
from grading.sandbox.provisioners.sandboxed import SandboxProvisioner
async def post_launch(self, **kwargs):
    time.sleep(float(sys.argv[1]))
    os.kill(self.pid if sys.argv[2] == "bwrap" else os.getpid(), signal.SIGKILL)
SandboxProvisioner.post_launch = post_launch
config = Config({{"SandboxProvisioner": {{"read_only": [{str(mark)!r}]}}}})
manager = CourseKernelManager(config=config)
asyncio.run(manager.start_kernel(cwd={str(tmp_path)!r}))
"""
    graders = [
        subprocess.Popen([sys.executable, "-c", program, seconds, whom], stderr=subprocess.DEVNULL)
        for seconds in ("0", "0.02")
        for whom in ("bwrap", "the autograder")
    ]
    for grader in graders:
        grader.wait()
    remove_leftovers()
    eventually(lambda: not running_with(mark), tell=lambda: running_with(mark))


def running_with(mark):
    """The processes that have `mark` in their command lines: what waits where, and the line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
            waits = (path.parent / "wchan").read_text()
        except OSError:
            continue
        if str(mark) in line:
            found.append((waits, line))
    return found


@needs_sandbox
def test_a_restart_gives_a_fresh_kernel(start):
    student = start()
    student.run("x = 1\nopen('file', 'w').close()")
    student.wait(student.manager.restart_kernel(now=True))
    student.wait(student.client.wait_for_ready(timeout=PATIENCE))
    assert student.manager.sandboxed
    assert student.run("import os\nprint('x' in dir(), os.listdir())") == "False []\n"


@needs_sandbox
def test_nbclient_runs_a_notebook_in_it(tmp_path):
    cells = [nbformat.v4.new_code_cell("import os\nos.getcwd()")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "no-such-kernel", "display_name": "?"}
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, kernel_manager_class=CourseKernelManager, resources=resources)
    client.execute()
    (output,) = notebook.cells[0].outputs
    assert output.data["text/plain"] == repr(bubblewrap.WORKING_DIRECTORY)


@needs_sandbox
def test_many_threads_may_ask_whether_a_kernel_has_ended():
    """The files that tell of its end are read and closed once, whoever comes first."""
    threads, status = 8, 3
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(100):
            child = subprocess.Popen(["true"])
            told, tell = os.pipe()
            os.write(tell, b"%d" % status)
            os.close(tell)
            forked = ForkedProcess(os.pidfd_open(child.pid), told, None)
            with ThreadPoolExecutor(threads) as pool:
                asked = [pool.submit(forked.wait) for _ in range(threads)]
                assert {answer.result() for answer in asked} == {status}
            child.wait()
    finally:
        sys.setswitchinterval(switching)


def test_leaving_out_what_is_too_much(tmp_path):
    submission = tmp_path / "submission"
    submission.mkdir()
    for number in range(5):
        (submission / f"{number}.bin").write_bytes(bytes(1000))
    os.truncate(submission / "1.bin", 1 << 40)  # a terabyte that takes no space
    workspace = Workspace()
    left_out = workspace.copy_files(submission, most_bytes=20_000, most_files=100)
    assert sorted(path.name for path in workspace.files.iterdir()) == ["0.bin", "2.bin", "3.bin"]
    assert [line.split()[0] for line in left_out] == ["'1.bin'", "'4.bin'"]
    workspace.copy_files(submission, most_bytes=1 << 30, most_files=2)
    assert [path.name for path in workspace.files.iterdir()] == ["0.bin"]
    workspace.cleanup()


def test_a_socket_name_always_fits(monkeypatch, tmp_path):
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    workspace = Workspace()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(workspace.sockets / ("j" * 20)))
    workspace.cleanup()
