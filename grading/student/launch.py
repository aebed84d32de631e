"""Becomes the kernel that a student's code runs in: `python -P -s launch.py SETTINGS`.

This is the first thing that runs in the student's process, inside the sandbox where there is one.
Where there is one, it closes the system calls that a notebook has no use for and leaves number 1 of
the process namespace behind. It sets the limits, copies the student's files in, and hands over to
ipykernel. SETTINGS is the JSON of a `Settings`.
Only the standard library is imported before the student's files arrive, and their folder comes
last in `sys.path`: a `torch.py` or `helpers.py` among them shadows nothing.
"""

import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

if sys.platform != "win32":
    import resource


@dataclass(frozen=True)
class Settings:
    """What a kernel is started with: plain data, which travels as JSON."""

    connection_file: str  # Jupyter's, as seen from the kernel
    arguments: list[str]  # more of them, for ipykernel
    packages: list[str]  # folders that come first in `sys.path`: the course's own packages
    site_packages: list[str]  # folders that come last: what this Python has installed
    limits: Mapping[str, Sequence[int]]  # see `set_limits`
    sockets: Mapping[str, int]  # the kernel's listening sockets: {address: fd}
    files: str | None  # folder of the student's files, where they have to be copied from
    handshake: int | None  # see `await_confirmation`; None without a sandbox


def set_limits(limits: Mapping[str, Sequence[int]]) -> None:
    """Apply `limits`, {name of a resource: (soft, hard)}, to this process and its children.

    "NPROC" for RLIMIT_NPROC, say. Names that this system lacks are passed over, and a limit that
    is already lower stays.
    """
    if sys.platform == "win32":
        return
    for name, wanted in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None:
            continue
        present = resource.getrlimit(number)[1]
        if present != resource.RLIM_INFINITY:
            wanted = [min(value, present) for value in wanted]  # noqa: PLW2901
        soft, hard = wanted
        resource.setrlimit(number, (soft, hard))


def copy_files(source: str) -> None:
    """Copy all that is in the folder `source` here; what can't be copied is no reason to stop."""
    try:
        shutil.copytree(source, ".", dirs_exist_ok=True, copy_function=shutil.copyfile)
    except (OSError, shutil.Error) as error:
        print(f"files of the submission are missing: {error}", file=sys.stderr)


def await_confirmation(handshake: int) -> None:
    """Tell grading that all is ready, and wait until it has seen the sandbox in force; or exit.

    handshake: fd of a stream socket, closed here. Its other end goes with the process that grades:
    a kernel whose sandbox lost it while still being set up, and so would outlive it, ends here.
    """
    with socket.socket(fileno=handshake) as connection:
        connection.sendall(b"!")
        if not connection.recv(1):
            sys.exit("The process that grades has ended.")


def use_listening_sockets(listening: Mapping[str, int]) -> None:
    """Make pyzmq use sockets that already listen: `listening` maps an address to its fd.

    They were made outside, where the names of the sockets are; in here nothing can be written
    beside them, so that a student's code never reaches the disk of the host.
    """
    import zmq  # noqa: PLC0415 (see the module's docstring)

    bind = zmq.Socket.bind

    def bind_to_given(self: "zmq.Socket[Any]", address: str) -> Any:
        if address in listening:
            self.setsockopt(zmq.USE_FD, listening[address])
        return bind(self, address)

    setattr(zmq.Socket, "bind", bind_to_given)  # noqa: B010 (to a type checker a method stays)


def extend_import_path(packages: Sequence[str], site_packages: Sequence[str]) -> None:
    """Put the course's packages first in `sys.path`, and what this Python has installed last."""
    sys.path[:0] = packages
    sys.path += [entry for entry in site_packages if entry not in sys.path]


def run_kernel(settings: Settings) -> None:
    """Do all that this module is for, and run the kernel until it ends."""
    if settings.handshake is not None:
        from grading.student.first import leave_first_process  # noqa: PLC0415 (found by now)

        leave_first_process()
    sys.path.append(os.getcwd())
    set_limits(settings.limits)
    if settings.files:
        copy_files(settings.files)
    use_listening_sockets(settings.sockets)
    if settings.handshake is not None:
        await_confirmation(settings.handshake)

    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415

    connection = ["-f", settings.connection_file]
    sys.argv = ["ipykernel_launcher", *connection]
    IPKernelApp.launch_instance(
        argv=[
            *connection,
            "--HistoryManager.enabled=False",  # no database; `In`, `Out` and %history are there
            "--InteractiveShellApp.ignore_cwd=True",
            *settings.arguments,
        ]
    )


def main() -> None:
    """Run a kernel by the settings in the first argument."""
    settings = Settings(**json.loads(sys.argv[1]))
    extend_import_path(settings.packages, settings.site_packages)
    run_kernel(settings)


if __name__ == "__main__":
    main()
