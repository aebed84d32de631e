"""What a student's code can't do: real kernels, started as grading starts them.

Without a working sandbox on the machine the tests of its walls are skipped; those of the fallback
and of the refusal run everywhere.
"""

import asyncio
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from grading import bubblewrap, sandbox
from grading.__main__ import doctor
from grading.kernels import CourseKernelManager
from grading.processes import descendants
from grading.sandbox import SandboxError
from grading.workspace import Workspace, remove_leftovers

BWRAP, PROBLEM = bubblewrap.find()
needs_sandbox = pytest.mark.skipif(
    BWRAP is None,
    reason=f"no sandbox ({PROBLEM}): apt install bubblewrap; python -m grading doctor",
)
MIB = 1 << 20
ATTEMPTS = 3  # to reach the network
SANDBOX_PROCESSES = 3  # bwrap outside, process 1 and the kernel inside
PATIENCE = 60  # seconds


class Student:
    """A kernel with `folder` as the submission, and a client; `run` gives what a cell printed."""

    def __init__(self, folder, manager=None, **limits):
        self.loop = asyncio.new_event_loop()
        config = Config({"PlainProvisioner": limits, "CourseKernelManager": manager or {}})
        self.manager = CourseKernelManager(config=config)
        self.client = None
        self.wait(self._start(folder))

    def wait(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    async def _start(self, folder):
        await self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=PATIENCE)

    def run(self, code, interrupt_when=None):
        return self.wait(self._run(code, interrupt_when))

    async def _run(self, code, interrupt_when):
        """Printed text and error messages; ends when the kernel does, too."""
        said = []

        def hear(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}")

        cell = asyncio.ensure_future(
            self.client.execute_interactive(code, output_hook=hear, timeout=PATIENCE)
        )
        while not cell.done():
            await asyncio.wait([cell], timeout=0.1)
            if interrupt_when and interrupt_when in "".join(said):
                await self.manager.interrupt_kernel()
                interrupt_when = None
            if not await self.manager.is_alive():
                cell.cancel()
                break
        return "".join(said)

    def close(self):
        if not self.loop.is_closed():
            self.client.stop_channels()
            self.wait(self.manager.shutdown_kernel(now=True))
            self.loop.close()


@pytest.fixture
def start(tmp_path):
    """Starts students' kernels, and ends them."""
    started = []

    def start_one(folder=None, **settings):
        if folder is None:
            folder = tmp_path / "submission"
            folder.mkdir(exist_ok=True)
        started.append(Student(folder, **settings))
        return started[-1]

    yield start_one
    for student in started:
        student.close()


SECRET = secrets.token_hex(16)
# Modules that a student could hope to slip in: each leaves a trace when it is run.
TRACE = "import builtins, os\nbuiltins.SLIPPED_IN = __file__\n"
SHADOWS = ("torch", "helpers", "grading", "json", "sitecustomize", "usercustomize")
SHADOWS += ("ipykernel_launcher", "ipython_config", "ipython_kernel_config")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with secrets all over; returns its root."""
    root = tmp_path_factory.mktemp("course")
    mine = root / "autograded" / "eve" / "ps1"
    others = root / "autograded" / "adam" / "ps1"
    source = root / "source" / "ps1"
    for folder in (mine / "data", mine / ".ipython/profile_default/startup", others, source):
        folder.mkdir(parents=True)
    for path in (
        root / "gradebook.db",
        root / "nbgrader_config.py",
        root / f"{SECRET}.txt",
        source / "ps1.ipynb",
        others / "answers.py",
        mine / "ps1.ipynb",
    ):
        path.write_text(SECRET)
    for name in SHADOWS:
        (mine / f"{name}.py").write_text(TRACE)
    (mine / ".ipython/profile_default/startup/00.py").write_text(TRACE)
    (mine / "vae.py").write_text("size = 16\n")
    (mine / "data/points.csv").write_text("1,2\n")
    (mine / "link.ipynb").symlink_to(source / "ps1.ipynb")
    (mine / "link.txt").symlink_to(source / "ps1.ipynb")
    (mine / "folder").symlink_to(root)
    os.mkfifo(mine / "pipe")
    return root


@pytest.fixture(scope="module")
def eve(course):
    """One kernel for everything that only looks around."""
    if BWRAP is None:
        pytest.skip(f"no sandbox ({PROBLEM}): apt install bubblewrap")
    os.environ["SANDBOX_TEST_SECRET"] = SECRET
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    try:
        student = Student(course / "autograded" / "eve" / "ps1")
    finally:
        del os.environ["SANDBOX_TEST_SECRET"], os.environ["NBGRADER_EXECUTION"]
    yield student
    student.close()


def test_the_manager_says_that_it_is_sandboxed(eve):
    assert eve.manager.sandboxed
    assert eve.manager.death_reason is None
    assert eve.manager.inside_socket_directory != eve.manager.socket_directory
    assert os.stat(Path(eve.manager.socket_directory).parent).st_mode & 0o077 == 0


def test_no_network(eve):
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0{SECRET}")  # an abstract name: no file guards it, only the namespace does
        unix.listen()
        said = eve.run(f"""
            import socket
            def attempt(family, address):
                with socket.socket(family) as s:
                    s.settimeout(5)
                    try:
                        s.connect(address)
                        print("reached", address)
                    except OSError as error:
                        print(type(error).__name__)
            attempt(socket.AF_INET, ("127.0.0.1", {listener.getsockname()[1]}))
            attempt(socket.AF_INET, ("1.1.1.1", 53))
            attempt(socket.AF_UNIX, "\\0{SECRET}")
            print([name for _, name in socket.if_nameindex()])
        """)
    assert "reached" not in said and said.count("Error") == ATTEMPTS
    assert "['lo']" in said


def test_nothing_of_the_host_can_be_read(eve, course):
    repository = Path(sandbox.__file__).parent.parent
    paths = [course / "gradebook.db", course, course / "source/ps1/ps1.ipynb", "/etc/shadow"]
    paths += [course / "autograded/adam/ps1/answers.py", course / "autograded/eve/ps1/ps1.ipynb"]
    paths += [
        repository / "pyproject.toml",
        repository / "tests",
        Path.home() / ".bashrc",
        __file__,
    ]
    paths += [f"/proc/{os.getpid()}/cwd", "/var/log", "/run/user", "/etc/hostname"]
    said = eve.run(f"""
        import os
        print([p for p in {list(map(str, paths))} if os.path.lexists(p)])
    """)
    assert said == "[]\n"


def test_no_file_name_of_the_course_is_anywhere(eve):
    said = eve.run(f"""
        import os
        count = 0
        for folder, folders, names in os.walk("/"):
            if folder in ("/proc", "/sys", "/usr"):
                folders.clear()
            count += len(names)
            for name in names + folders:
                if {SECRET!r} in name:
                    print(folder, name)
        print("looked at", count > 100)
    """)
    assert said == "looked at True\n"


def test_the_submission_arrives_without_notebooks_and_links(eve):
    said = eve.run("""
        import os
        print(sorted(os.listdir()), open("data/points.csv").read())
        open("data/points.csv", "w").write("mine now")
    """)
    assert "'vae.py'" in said and "1,2" in said
    for name in ("ps1.ipynb", "link.ipynb", "link.txt", "'folder'", "pipe"):
        assert name not in said


def test_the_submission_itself_stays_as_it_was(eve, course):
    eve.run("open('vae.py', 'w').write('size = 17')")
    assert (course / "autograded/eve/ps1/vae.py").read_text() == "size = 16\n"


def test_no_module_of_the_student_takes_the_place_of_another(eve):
    said = eve.run("""
        import builtins, importlib.util, os, subprocess, sys
        origins = {name: importlib.util.find_spec(name).origin
                   for name in ("torch", "helpers", "grading", "json", "ipykernel_launcher")}
        print([name for name, origin in origins.items() if origin.startswith(os.getcwd())])
        print(origins["helpers"], hasattr(builtins, "SLIPPED_IN"))
        child = "import builtins, json; print(json.__file__, hasattr(builtins, 'SLIPPED_IN'))"
        print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout)
        import vae
        print(vae.__file__)
    """)
    assert said.startswith("[]\n/run/course/helpers/__init__.py False\n")
    assert "json/__init__.py False" in said
    assert f"{bubblewrap.WORKING_DIRECTORY}/vae.py" in said


def test_the_environment_is_clean(eve):
    said = eve.run(f"""
        import glob, os
        print(dict(os.environ))
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                print({SECRET[:16]!r} + {SECRET[16:]!r} in open(path).read())
            except OSError:
                pass
        print(os.environ["NBGRADER_EXECUTION"], os.environ["OMP_NUM_THREADS"])
    """)
    assert SECRET not in said and "True" not in said
    assert said.endswith("autograde 1\n")


def test_nothing_but_three_places_can_be_written(eve):
    said = eve.run("""
        import os
        places = {line.split()[1] for line in open("/proc/self/mounts")}
        places |= {"/etc", "/run", "/run/course", "/run/kernel", "/home", "/usr/lib"}
        for place in sorted(places):
            if os.path.isdir(place):
                try:
                    os.close(os.open(place + "/x", os.O_CREAT | os.O_WRONLY))
                    print(place)
                except OSError:
                    pass
        for name in ("kernel/core_pattern", "kernel/hostname", "vm/drop_caches"):
            try:
                os.open("/proc/sys/" + name, os.O_WRONLY)
                print(name)
            except OSError:
                pass
    """)
    assert said.split() == sorted(bubblewrap.WRITABLE)


def test_no_way_to_more_rights(eve):
    said = eve.run(f"""
        import ctypes, os
        libc = ctypes.CDLL(None)
        user_namespace = 0x10000000
        print(libc.unshare(user_namespace), libc.mount(b"x", b"/tmp", b"tmpfs", 0, 0))
        status = open("/proc/self/status").read()
        print({{line.split()[1] for line in status.splitlines() if line.startswith("Cap")}})
        print("NoNewPrivs:\\t1" in status, "Seccomp:\\t2" in status)
        print([name for name in os.listdir("/proc") if name.isdigit()])
        try:
            os.kill({os.getpid()}, 0)
        except ProcessLookupError:
            print("no such process")
    """)
    no_capability = "0" * 16
    assert said.splitlines()[:3] == ["-1 -1", str({no_capability}), "True True"]
    assert said.splitlines()[3:] == ["['1', '2']", "no such process"]


def test_memory_that_nobody_could_count_is_refused(eve):
    said = eve.run("""
        import ctypes, os
        try:
            os.memfd_create("hidden")
        except PermissionError:
            print("no memfd")
        print(ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600))
    """)
    assert said == "no memfd\n-1\n"


def test_the_judge_and_the_kernel_can_share_a_socket(eve):
    name = "judge"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{eve.manager.socket_directory}/{name}")
        listener.listen()
        eve.run(f"""
            import socket
            s = socket.socket(socket.AF_UNIX)
            s.connect("{eve.manager.inside_socket_directory}/{name}")
            s.sendall(b"hello"); s.close()
        """)
        assert listener.accept()[0].recv(16) == b"hello"


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
def test_a_process_gets_no_more_memory_than_allowed(start):
    student = start(memory=1024 * MIB)
    assert "MemoryError" in student.run("x = bytearray(2 << 30)")
    assert student.run("print(1)") == "1\n"


@needs_sandbox
@pytest.mark.parametrize(
    "hog",
    [
        # Shared pages don't count for the limit of a process.
        "mmap.mmap(-1, 900 << 20); [kept.write(bytes(1 << 20)) for _ in range(900)]",
        "[os.fork() or (bytearray(os.urandom(1 << 20) * 200), time.sleep(60)) for _ in range(4)]",
        "[open(f'/tmp/{i}', 'wb').write(bytes(100 << 20)) for i in range(5)]",
    ],
    ids=["shared", "in-children", "in-files"],
)
def test_memory_is_counted_wherever_it_is(start, hog):
    student = start(memory=500 * MIB)
    student.run(f"import mmap, os, time\nkept = {hog}\ntime.sleep(60)")
    assert re.search(r"used \d+ MiB of memory; 500 are allowed", student.manager.death_reason)


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


def alive(pid):
    """Is `pid` a process that hasn't ended? (One that only waits to be collected has.)"""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def eventually(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


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
    inside = {Path(tree).parts[2] for tree in bubblewrap.python_trees() if tree.startswith("/tmp/")}
    return sorted(inside)


@needs_sandbox
def test_a_killed_autograder_leaves_nothing_behind(tmp_path):
    program = f"""
import asyncio, time
from grading.kernels import CourseKernelManager
from grading.processes import descendants
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


# Refusing, and the fallback


def workspaces():
    return set(Workspace().path.parent.glob("course-*"))


def test_a_required_sandbox_that_is_missing_stops_everything(tmp_path):
    before = {path for path in workspaces() if path.exists()}
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
    assert {path for path in workspaces() if path.exists()} <= before


@needs_sandbox
@pytest.mark.parametrize(
    ("option", "complaint"),
    [("--share-net", "shares net"), ("--bogus", "bogus"), (None, "did not start|examined")],
)
def test_a_sandbox_that_is_none_is_noticed(tmp_path, monkeypatch, option, complaint):
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
    manager = CourseKernelManager()
    with pytest.raises(SandboxError, match=complaint):
        asyncio.run(manager.start_kernel(cwd=str(tmp_path)))
    assert not manager.sandboxed and not manager.has_kernel


@pytest.mark.skipif(sys.platform == "win32", reason="the messages on a terminal are POSIX's")
def test_without_a_sandbox_it_says_so_once_and_keeps_its_manners(
    start, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(CourseKernelManager, "_warned", False)
    monkeypatch.setenv("SANDBOX_TEST_SECRET", SECRET)
    folder = tmp_path / "plain"
    folder.mkdir()
    folder.joinpath("json.py").write_text(TRACE)
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
    assert not done.stderr


def test_the_doctor_knows_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(bubblewrap, "find", lambda: (None, "bubblewrap is not installed"))
    monkeypatch.setattr(bubblewrap, "candidates", list)
    assert doctor() == 1
    advice = "apt install bubblewrap" if sys.platform == "linux" else "Linux"
    assert advice in capsys.readouterr().out


def test_leaving_out_what_is_too_much(tmp_path):
    submission = tmp_path / "submission"
    submission.mkdir()
    for number in range(5):
        (submission / f"{number}.bin").write_bytes(bytes(1000))
    os.truncate(submission / "1.bin", 1 << 40)  # a terabyte that takes no space
    workspace = Workspace()
    left_out = workspace.bring(submission, most_bytes=3500, most_files=100)
    assert sorted(path.name for path in workspace.files.iterdir()) == ["0.bin", "2.bin", "3.bin"]
    assert [line.split()[0] for line in left_out] == ["1.bin", "4.bin"]
    workspace.bring(submission, most_bytes=1 << 50, most_files=1)
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
