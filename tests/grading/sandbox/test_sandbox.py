"""The isolation of the sandbox, from inside: real kernels, started as grading starts them."""

import os
import secrets
import socket
from pathlib import Path

import pytest
from kernel_student import BWRAP, WHY_NOT, KernelSession, needs_sandbox

from grading.sandbox import bubblewrap
from grading.sandbox.view import course_roots, view

ATTEMPTS = 3  # to reach the network
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


@pytest.fixture(scope="module", params=["started", "forked"])
def eve(course, request):
    """One kernel for everything that only looks around."""
    if BWRAP is None:
        pytest.skip(WHY_NOT)
    os.environ["SANDBOX_TEST_SECRET"] = SECRET
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    try:
        student = KernelSession(
            course / "autograded" / "eve" / "ps1", {"fork_server": request.param == "forked"}
        )
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
    repository = Path(bubblewrap.__file__).parents[2]
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


def test_what_the_system_shows_is_named(eve):
    said = eve.run("""
        import ctypes.util, os, shutil
        print(sorted(os.listdir("/usr/local")), os.path.exists("/usr/src"))
        print({"doc", "fonts", "nbgrader", "man", "ssl-cert"} & {*os.listdir("/usr/share")})
        print(bool(ctypes.util.find_library("c")), shutil.which("env"), os.path.exists("/bin/sh"))
    """)
    local, *others = said.splitlines()
    unseen = [name for name in ("share", "etc", "var", "src", "games") if f"'{name}'" in local]
    assert unseen == [] and local.endswith("False")
    assert others == ["set()", "True /usr/bin/env True"]


def test_what_proc_has_for_root_alone_is_empty(eve):
    """Though it may be root who grades."""
    proc = [path for path in Path("/proc").iterdir() if not path.name.isdigit() and path.is_file()]
    closed = [str(path) for path in proc if not path.stat().st_mode & 0o004]
    said = eve.run(f"""
        for path in {[*closed, "/proc/keys"]}:
            try:
                if open(path, "rb").read(1):
                    print(path)
            except OSError:
                pass
    """)
    assert said == ""


def test_nothing_tells_where_the_course_is(eve, course):
    """Mounts tell where their files lie on the host, and command lines what they were given."""
    said = eve.run("""
        import glob
        print(open("/proc/self/mountinfo").read())
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            print(open(path).read())
    """)
    private = [course, *bubblewrap.package_directories().values()]
    assert "/run/course" in said and [str(path) for path in private if str(path) in said] == []
    settings = eve.run("""
        import glob
        for path in glob.glob("/run/kernel/*.json"):
            print(open(path).read())
    """)
    assert "/run/kernel/sockets" in settings and eve.manager.socket_directory not in settings


def test_the_digits_of_the_hidden_tests_are_nowhere(eve):
    said = eve.run("""
        import importlib.util, os
        import grading.wire
        print(importlib.util.find_spec("grading.unseen"))
        for root in ("/run", "/usr", "/home", "/tmp"):
            print([f for _, _, files in os.walk(root) for f in files if f.endswith(".npz")])
    """)
    assert said.startswith("None") and "mnist_5k" in said and "mnist_1k" not in said


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
    assert said.split() == sorted(bubblewrap.TMPFS_MOUNTS)


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


def test_no_signal_ends_the_process_above(eve):
    """Number 1 of a namespace gets no signal from inside that it doesn't handle."""
    said = eve.run("""
        import os, signal, time
        for number in sorted(signal.valid_signals() - {signal.SIGCHLD}):
            os.kill(os.getppid(), number)
        time.sleep(0.3)
        print(os.getppid())
    """)
    assert said == "1\n"


def test_the_process_above_can_not_be_looked_into(eve):
    said = eve.run("""
        import ctypes, os
        attach = 16
        print(ctypes.CDLL(None).ptrace(attach, os.getppid(), 0, 0))
        for name in ("mem", "environ", "maps", "root", "cwd", "exe", "fd/0", "ns/mnt"):
            try:
                os.close(os.open(f"/proc/{os.getppid()}/{name}", os.O_RDONLY))
                print("opened", name)
            except PermissionError:
                pass
        os.listdir("/proc/self/fd"), open("/proc/self/maps")  # one's own is another matter
    """)
    assert said == "-1\n"


def test_the_filter_of_system_calls_is_over_all_processes(eve):
    """Number 1 too, which is there before the kernel: nothing inside is without it."""
    said = eve.run("""
        import ctypes, glob, os, socket
        for path in glob.glob("/proc/[0-9]*/status"):
            print("Seccomp:\\t2" in open(path).read(), "NoNewPrivs:\\t1" in open(path).read())
        try:
            os.memfd_create("hidden")
        except PermissionError:
            print("no memfd")
        print(ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600))
        for family in (socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG):
            try:
                socket.socket(family)
                print("made", family)
            except OSError as error:
                print(error.strerror)
    """)
    assert said.splitlines()[:4] == ["True True", "True True", "no memfd", "-1"]
    assert said.splitlines()[4:] == ["Address family not supported by protocol"] * 3


def test_a_server_of_the_student_s_own_can_be_reached(eve):
    said = eve.run("""
        import socket
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).sendall(b"hello")
            print(server.accept()[0].recv(5))
    """)
    assert said == "b'hello'\n"


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
def test_a_course_inside_something_shown_is_covered(tmp_path):
    """As when it lies in a folder of libraries, and its virtual environment lies in itself."""
    course = tmp_path / "libraries" / "course"
    for path in (tmp_path / "libraries/shown", course / "gradebook.db", course / ".venv/lib/shown"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    done = bubblewrap.run_inside(
        BWRAP,
        "import os\n"
        f"for folder, _, names in os.walk({str(tmp_path)!r}):\n"
        "    for name in names: print(os.path.join(folder, name))",
        read_only=[tmp_path / "libraries", course / ".venv/lib"],
        hidden=course_roots(course / "autograded" / "eve"),
    )
    shown = [str(tmp_path / "libraries/shown"), str(course / ".venv/lib/shown")]
    assert done.stdout.split() == shown, done.stderr


@needs_sandbox
def test_what_is_hidden_has_no_second_name(tmp_path):
    """An exchange in a folder of libraries, which a link shows again; a file; both by links."""
    for name in ("lib/shown", "lib/exchange/inbound", "lib/gradebook.db", "other/secret"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "lib64").symlink_to("lib")
    (tmp_path / "exchange").symlink_to("lib/exchange")
    (tmp_path / "lib/link").symlink_to(tmp_path / "other")
    done = bubblewrap.run_inside(
        BWRAP,
        "import os\n"
        f"for folder, _, names in os.walk({str(tmp_path)!r}, followlinks=True):\n"
        "    for name in names:\n"
        "        path = os.path.join(folder, name)\n"
        "        if os.path.isfile(path): print(path)",
        read_only=[tmp_path / "lib64", tmp_path / "lib"],
        hidden=[tmp_path / "exchange", tmp_path / "lib64/gradebook.db"],
    )
    shown = [str(tmp_path / name / "shown") for name in ("lib", "lib64")]
    assert sorted(done.stdout.split()) == shown, done.stderr


def test_a_view_is_made_once_and_covers_what_is_there_by_now(tmp_path):
    assert view(hidden=[tmp_path / "ada"]) is view(hidden=[tmp_path / "ben"])
    shown, hidden = tmp_path / "shown", tmp_path / "shown" / "exchange"
    shown.mkdir()
    before = view([shown], [hidden])
    assert before[str(shown)] is True and str(hidden) not in before
    hidden.mkdir()
    assert view([shown], [hidden])[str(hidden)] is False
