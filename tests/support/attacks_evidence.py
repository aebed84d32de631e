"""What an attack may leave behind: leaked text, active markup, messages, processes, files."""

import html
import json
import os
import re
import socket
from html.parser import HTMLParser
from pathlib import Path
from secrets import token_hex

import handin
import nbformat

PORT, NAME = "47123", "course-attack"  # where the attacks that use the network knock
CALL = "attack_was_here"  # the script that the attacks on feedback pages want to run
SECRET = "canary-of-the-environment"  # the value of an environment variable of the grader
CANARIES = ("environment", "home", "course", "neighbour")
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.S)
TOLD = "with check("  # the claim of a failed check is told to the student
TELLING = 30  # characters of a line that is unlikely to be written twice


def place_canaries(course: Path, home: Path) -> None:
    """Puts texts that no student must see where attacks look for them."""
    home.mkdir(exist_ok=True)
    (home / "canary.txt").write_text("canary-of-the-home")
    (course / "canary.txt").write_text("canary-of-the-course")


def hidden_lines(assignment: str) -> list[str]:
    """Lines of code that only the hidden tests hold."""
    source = handin.ROOT / "source" / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    cells = nbformat.read(source, as_version=4).cells
    shown = "\n".join(HIDDEN.sub("", cell.source) for cell in cells)
    hidden = "\n".join(text for cell in cells for text in HIDDEN.findall(cell.source))
    lines = {line.strip() for line in hidden.splitlines()}
    return [
        line
        for line in lines
        if len(line) >= TELLING and line not in shown and not line.startswith(TOLD)
    ]


def secrets(assignment: str) -> dict[str, list[str]]:
    """What must not be read by a student, by kind: pieces of text each of which is a leak."""
    found = {
        "hidden tests": hidden_lines(assignment),
        "canary": [f"canary-of-{the}{name}" for name in CANARIES for the in ("the-", "a-")],
    }
    if os.access("/etc/shadow", os.R_OK):
        found["/etc/shadow"] = [Path("/etc/shadow").read_text().splitlines()[0]]
    return found


def leaks(text: str, assignment: str) -> list[str]:
    """The kinds of secrets that `text` tells."""
    pieces = secrets(assignment).items()
    return sorted(kind for kind, lines in pieces if any(line in text for line in lines))


def outputs(notebook: Path) -> str:
    """All outputs of a graded notebook as one text; empty where there is no notebook."""
    try:
        cells = json.loads(notebook.read_text())["cells"]
    except (OSError, ValueError):
        return ""
    told = []

    def walk(value):
        if isinstance(value, str):
            told.append(value)
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            told.append("".join(value))  # a multi-line string
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                walk(item)

    walk([cell.get("outputs", []) for cell in cells])
    return "\n".join(told)


def words(page: str) -> str:
    """The text of an HTML page without its tags."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


class _Active(HTMLParser):
    found = False
    script = False

    def handle_starttag(self, tag, attrs):
        self.script = tag in ("script", "style")
        for name, value in attrs:
            runs = (
                name.startswith("on") or name == "srcdoc" or "javascript:" in (value or "").lower()
            )
            self.found |= runs and CALL in (value or "")

    def handle_endtag(self, tag):
        self.script = False

    def handle_data(self, data):
        self.found |= self.script and CALL in data


def is_active(page: str) -> bool:
    """Whether a browser that shows this page would run the attacks' script."""
    parser = _Active()
    parser.feed(page)
    return parser.found


class Listener:
    """Waits on this machine's loopback for what must not arrive: TCP, UDP, and a unix socket.

    Where it waits is free: another run of the tests may wait beside it.
    """

    def __enter__(self):
        self.tcp, self.udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self.unix = socket.socket(socket.AF_UNIX)
        self.tcp.bind(("127.0.0.1", 0))
        self.udp.bind(self.tcp.getsockname())
        self.name = f"{NAME}-{token_hex(4)}"
        self.unix.bind(f"\0{self.name}")
        for line in (self.tcp, self.udp, self.unix):
            line.setblocking(False)
        self.tcp.listen(100)
        self.unix.listen(100)
        return self

    def __exit__(self, *_):
        for line in (self.tcp, self.udp, self.unix):
            line.close()

    def attract(self, folder: Path) -> None:
        """Lets the handed-in notebooks in a folder knock here."""
        for path in folder.glob("*/*/*.ipynb"):
            if path.is_file() and NAME in (text := path.read_text(errors="surrogateescape")):
                text = text.replace(PORT, str(self.tcp.getsockname()[1]))
                path.write_text(text.replace(NAME, self.name), errors="surrogateescape")

    def arrived(self) -> list[str]:
        """By which ways something has arrived."""
        found = []
        for name, receive in (
            ("TCP", self.tcp.accept),
            ("UDP", lambda: self.udp.recv(100)),
            ("unix socket", self.unix.accept),
        ):
            try:
                receive()
                found.append(name)
            except BlockingIOError:
                pass
        return found


def traces(*folders: Path) -> list[str]:
    """Files that only attacks make, in `folders` and everything below them."""
    names = ("attack-", "00-attack", "nbgrader_config.py")
    return [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.name.startswith(names) and path.is_file()
    ]
