"""A real PostgreSQL for tests of the gradebook."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest


class Server:
    """A server on a free port of this machine; `url` is the address of its database."""

    def __init__(self, programs: Path):
        self._programs, self._account = programs, {}
        self._folder = tempfile.mkdtemp(prefix="postgresql-", dir="/tmp")  # a socket's short path
        if os.getuid() == 0:  # as whom PostgreSQL refuses to run
            self._account = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid}
            shutil.chown(self._folder, "postgres")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self.url = f"postgresql+psycopg://course@127.0.0.1:{self._port}/postgres"
        self._run("initdb", "-A", "trust", "-U", "course", "-E", "UTF8")

    def start(self) -> None:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-w", "-o", options, "-l", f"{self._folder}/log", "start")

    def restart(self) -> None:
        """Ends all its connections at once, and starts anew."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        self.start()

    def remove(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [self._programs / name, "-D", f"{self._folder}/data", *words],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._account,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def postgresql():
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    pytest.importorskip("psycopg", reason="no driver: pip install -e '.[postgresql]'")
    server = Server(programs[-1])
    server.start()
    yield server
    server.remove()
