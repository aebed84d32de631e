"""What test_hub.py drives: a JupyterHub as docs/hub.md sets one up, with local accounts."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import handin
from browser import MINUTE, Window
from course import Course

FILES = handin.ROOT / "docs" / "hub"
PROGRAMS = ("useradd", "groupadd", "chpasswd", "runuser", "unshare", "nsenter")
PROXY = "configurable-http-proxy"
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"])
IN_USE = 8  # userdel's status while a process of the account is there


def missing() -> str:
    """Why there can be no hub here, in a line; "" where there can."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return "a hub with accounts needs root"
    wanted = (*PROGRAMS, "jupyterhub", PROXY)
    lacking = [name for name in wanted if not shutil.which(name, path=PATH)]
    if lacking:
        return f"a hub needs {', '.join(lacking)}"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "a hub with accounts needs a mount namespace"


@dataclass(frozen=True)
class Account:
    """An account of this machine, made for the test."""

    name: str
    password: str
    home: Path


def _closed(path: Path) -> Path | None:
    """The first folder on the way to `path` that other accounts can't enter."""
    for folder in reversed([path, *path.parents]):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _opening(paths: list[Path]) -> str:
    """Shell lines that show `paths` to everybody, in a mount namespace of whoever runs them.

    A checkout, or a Python, in root's home directory can't be entered by the accounts of the test.
    """
    lines = ["set -e", "stage=$(mktemp -d)", 'mount -t tmpfs tmpfs "$stage"']
    closed = {path: top for path in paths if (top := _closed(path))}
    for number, path in enumerate(closed):
        lines += [f'mkdir "$stage/{number}"', f'mount --bind "{path}" "$stage/{number}"']
    lines += [f'mount -t tmpfs -o mode=755 tmpfs "{top}"' for top in sorted({*closed.values()})]
    for number, path in enumerate(closed):
        lines += [f'mkdir -p "{path}"', f'mount --bind "$stage/{number}" "{path}"']
    return "\n".join([*lines, 'umount -l "$stage"', 'rmdir "$stage"'])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _said(*command: str | Path, given: str | None = None) -> None:
    subprocess.run(command, input=given, text=True, check=True, capture_output=True)


class Hub:
    """A hub on files of docs/hub, with its own accounts, exchange and course below `place`.

    Attributes:
        course: the course, in a folder that only `staff` can enter.
    """

    def __init__(self, place: Path, people: dict[str, str]):
        self.place, self._mark = place, secrets.token_hex(3)
        self.staff, self.students = f"staff-{self._mark}", f"students-{self._mark}"
        self.exchange, self.settings = place / "exchange", place / "settings"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.accounts: dict[str, Account] = {}
        self._people = people

    def __enter__(self) -> "Hub":
        try:
            self._make_accounts()
            self._make_files()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        if hasattr(self, "process"):
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        for account in self.accounts.values():
            # Everything that this account may end, which is all of its own.
            everything = ["runuser", "-u", account.name, "--", "sh", "-c", "kill -KILL -1"]
            subprocess.run(everything, check=False, capture_output=True)
            for _ in range(50):  # until its last process is gone
                gone = subprocess.run(["userdel", account.name], check=False, capture_output=True)
                if gone.returncode != IN_USE:
                    break
                time.sleep(0.1)
        for group in (self.staff, self.students):
            subprocess.run(["groupdel", group], check=False, capture_output=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def _make_accounts(self) -> None:
        for group in (self.staff, self.students):
            _said("groupadd", group)
        (self.place / "homes").mkdir()
        for person, group in self._people.items():
            name, password = f"{person}-{self._mark}", secrets.token_hex(8)
            home = self.place / "homes" / name
            options = ["--create-home", "--home-dir", str(home), "--shell", "/bin/bash"]
            _said("useradd", *options, "--groups", getattr(self, group), name)
            self.accounts[person] = Account(name, password, home)
            home.chmod(0o700)
            _said("chpasswd", given=f"{name}:{password}")

    def _make_files(self) -> None:
        """The steps of docs/hub.md, here."""
        self.course = Course(self.place / "course")
        for name in ("solutions", "submitted", "autograded"):
            (self.course.root / name).mkdir()
        here = {
            "/srv/generative-models": str(self.course.root),
            "/srv/nbgrader/exchange": str(self.exchange),
            "course-staff": self.staff,
            "grace": self.accounts["teacher"].name,
        }
        page = (handin.ROOT / "docs" / "hub.md").read_text()
        for first in ("echo 'c.CourseDirectory.groupshared", "mkdir -p /srv/nbgrader/exchange"):
            [lines] = re.findall(rf"^{re.escape(first)}.+?(?=\n\n)", page, re.M | re.S)
            for told, meant in here.items():
                lines = lines.replace(told, meant)
            subprocess.run(["sh", "-ec", lines], cwd=self.course.root, check=True)
        shutil.copytree(FILES / "course", self.settings)
        text = (FILES / "course" / "nbgrader_config.py").read_text()
        text = _replaced(text, "c.Exchange.root", repr(str(self.exchange)))
        (self.settings / "nbgrader_config.py").write_text(text)
        # For the test's eyes and hands only.
        (self.settings / "jupyter_lab_config.json").write_text(
            '{"LabApp": {"expose_app_in_browser": true, "extension_manager": "readonly"}}'
        )
        (self.settings / "labconfig").mkdir()
        (self.settings / "labconfig" / "page_config.json").write_text(
            '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'
        )

    def _start(self) -> None:
        own = self.place / "hub"
        own.mkdir(mode=0o700)
        text = (FILES / "jupyterhub_config.py").read_text()
        for name, value in {
            "COURSE": repr(str(self.course.root)),
            "STUDENTS_PYTHON": repr(sys.prefix),
            "COURSE_PYTHON": repr(sys.prefix),
            "SETTINGS": repr(str(self.settings)),
            "STAFF, STUDENTS": repr((self.staff, self.students)),
            "c.JupyterHub.bind_url": repr(self.url),
        }.items():
            text = _replaced(text, name, value)
        text += (
            f"c.JupyterHub.hub_port = {_free_port()}\n"
            f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{_free_port()}'\n"
        )
        (own / "jupyterhub_config.py").write_text(text)
        programs = Path(sys.executable).parent
        wanted = [handin.ROOT, Path(sys.prefix), Path(sys.base_prefix)]
        script = f"{_opening(wanted)}\nexec {programs}/jupyterhub -f jupyterhub_config.py"
        self.log = self.place / "hub.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
                cwd=own,
                env=os.environ | {"PATH": PATH},
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/hub/health", timeout=5).close()
                return
            time.sleep(0.1)
        raise AssertionError(f"JupyterHub doesn't answer:\n{self.log.read_text()}")

    def run(self, person: str, *command: str | Path, folder: Path | None = None) -> str:
        """Runs a command as in a terminal of the person's server; returns what it said.

        Raises:
            AssertionError: it has failed.
        """
        done = self.tried(person, *command, folder=folder)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def tried(
        self, person: str, *command: str | Path, folder: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """The same for a command that may fail."""
        account = self.accounts[person]
        is_staff = self._people[person] == "staff"
        first = self.course.root if is_staff else self.settings / "students"
        kept = ("PYTHONPATH", "LANG", "OMP_NUM_THREADS")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {
            "PATH": PATH,
            "HOME": str(account.home),
            "USER": account.name,
            "JUPYTER_CONFIG_PATH": f"{first}:{self.settings}",
        }
        step = f'umask {"007" if is_staff else "077"}; cd "$0" && exec "$@"'
        return subprocess.run(
            ["nsenter", "--mount", f"--target={self.process.pid}", "--"]
            + ["runuser", "-u", account.name, "--", "sh", "-c", step]
            + [str(folder or (self.course.root if is_staff else account.home))]
            + [str(part) for part in command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def log_in(self, window: Window, person: str) -> str:
        """Opens a person's JupyterLab from the hub's login page; the address of the server."""
        account, page = self.accounts[person], window.page
        page.goto(f"{self.url}/hub/login")
        page.locator("#username_input").fill(account.name)
        page.locator("#password_input").fill(account.password)
        page.locator("#login_submit").click()
        page.wait_for_url(re.compile(rf"/user/{account.name}/lab"), timeout=2 * MINUTE)
        page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
        return f"{self.url}/user/{account.name}"


def _replaced(text: str, name: str, value: str) -> str:
    """A configuration with another value; everything else in it is as it is handed out."""
    line = re.compile(rf"^{re.escape(name)} = [^#\n]*", re.M)
    text, number = line.subn(lambda _: f"{name} = {value}  ", text)
    assert number == 1, name
    return text


@contextlib.contextmanager
def hub(people: dict[str, str]) -> Iterator[Hub]:
    """A hub with these people, each of `staff` or of the `students`."""
    place = Path(tempfile.mkdtemp(prefix="course-hub-"))
    place.chmod(0o755)
    with Hub(place, people) as running:
        yield running
