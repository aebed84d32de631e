"""What grading tells the fork server, as JSON: how to start, and which kernels to make."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grading.student.launch import Settings


@dataclass(frozen=True)
class ServerSettings:
    """What a fork server is started with."""

    control: int | None  # fd of the socket that requests come over; None until it is open
    packages: list[str]  # for `sys.path`: the course's own
    site_packages: list[str]
    preload: list[str]  # modules to import
    tmpfs_mounts: Sequence[str]  # what a kernel can write, a fresh tmpfs for each kernel
    kernels: str  # the directory of all kernels' workspaces


@dataclass(frozen=True)
class ForkRequest:
    """One kernel to fork.

    With it come open files: a pipe for its exit status, its stderr, the socket of its launcher's
    handshake, and its listening sockets in the order of `launch.sockets`.
    """

    launch: Settings
    workspace: str  # its directory, relative to `ServerSettings.kernels`
    tmp_bytes: int  # size of each of its `tmpfs_mounts`
    processes: int  # and threads, together
    environment: dict[str, str]
    working_directory: str

    @classmethod
    def from_json(cls, text: bytes) -> "ForkRequest":
        """The request that was sent as the JSON of its fields."""
        fields = json.loads(text)
        return cls(**{**fields, "launch": Settings(**fields["launch"])})
