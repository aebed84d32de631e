"""The kernel manager for students' code: `CourseKernelManager`, sandboxed where that is possible.

It needs no installed kernelspec, and pays no heed to the kernel that a notebook asks for.
"""

import sys
import uuid
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Bool, Enum
from traitlets.config import Application

from grading.sandbox import bubblewrap
from grading.sandbox.namespaces import SandboxError
from grading.sandbox.provisioners.forked import ForkedProvisioner, ServerLostError
from grading.sandbox.provisioners.plain import PlainProvisioner
from grading.sandbox.provisioners.sandboxed import SandboxProvisioner

WARNING = """
**********************************************************************************************
 THERE IS NO SANDBOX: students' code runs with all your rights, and can read, change and send
 everything that you can, other students' work and the gradebook too.
 Why: {reason}.
 `python -m grading doctor` says how to get one; c.CourseKernelManager.require_sandbox = True
 refuses to grade without one.
**********************************************************************************************"""


class CourseKernelManager(AsyncKernelManager):
    """Starts and ends the kernel that runs one student's code.

    Usable wherever jupyter_client or nbclient takes a kernel manager class. After start_kernel()
    the kernel is known to be in the sandbox, unless there is none and none was asked for.
    Its limits are those of `c.SandboxProvisioner` (and `c.PlainProvisioner` without a sandbox).
    """

    sandbox = Enum(
        ["auto", True, False],
        "auto",
        help="'auto': where it is possible, with a warning where it isn't; True: always, or refuse",
    ).tag(config=True)
    require_sandbox = Bool(False, help="refuse to run anything without a sandbox").tag(config=True)

    fork_server = Enum(
        ["auto", True, False],
        "auto",
        help="fork sandboxed kernels from a warm process? 'auto': where it is possible; "
        "otherwise each kernel is started by itself",
    ).tag(config=True)

    # Variables of the class: to find out once in a process is enough.
    _warned = False
    _can_fork = True

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable],  # the provisioner writes the command line
            display_name="Python 3 (students' code)",
            language="python",
        )

    @property
    def _our_provisioner(self) -> PlainProvisioner | None:
        return self.provisioner if isinstance(self.provisioner, PlainProvisioner) else None

    @property
    def sandboxed(self) -> bool:
        """Is the kernel's process in a sandbox, as seen from outside? False without a kernel."""
        return isinstance(self.provisioner, SandboxProvisioner) and self.provisioner.in_force

    @property
    def socket_directory(self) -> str | None:
        """Host path of the private folder that holds the kernel's sockets.

        A unix socket that is bound here can be reached from the kernel, which itself can't write
        here. None before start_kernel() and after the resources were cleaned up.
        """
        ours = self._our_provisioner
        return ours.socket_directory if ours else None

    @property
    def inside_socket_directory(self) -> str | None:
        """The path of the same folder as the kernel sees it; None as above."""
        ours = self._our_provisioner
        return ours.inside_socket_directory if ours else None

    @property
    def death_reason(self) -> str | None:
        """Why the kernel ended by itself or was stopped at a limit: a sentence, or None.

        Stays until the next start.
        """
        ours = self._our_provisioner
        return ours.death_reason if ours else None

    @property
    def at_limit(self) -> bool:
        """Whether that reason is a limit of the grader's on memory, processes or files."""
        ours = self._our_provisioner
        return ours is not None and ours.at_limit

    @property
    def lost(self) -> bool:
        """Whether the sandbox around it was ended from outside, which nothing inside can do."""
        return isinstance(self.provisioner, SandboxProvisioner) and self.provisioner.lost

    def choose_provisioner(self) -> PlainProvisioner:
        """A fresh provisioner for this machine and these settings.

        Raises SandboxError where a sandbox is asked for and there can't be one.
        """
        arguments = {"parent": self, "kernel_spec": self.kernel_spec, "kernel_id": self.kernel_id}
        required = self.require_sandbox or self.sandbox is True
        problem: str | None
        if self.sandbox is False:
            problem = "it is switched off (c.CourseKernelManager.sandbox = False)"
        else:
            forked = self._can_fork if self.fork_server == "auto" else self.fork_server
            sandbox = (ForkedProvisioner if forked else SandboxProvisioner)(**arguments)
            _, problem = bubblewrap.find(sandbox.bwrap)
            if not problem:
                return sandbox
        if required:
            raise SandboxError(
                f"Nothing is graded, because a sandbox is required and there is none: {problem}. "
                "Run `python -m grading doctor` to see how to get one."
            )
        if not CourseKernelManager._warned:
            CourseKernelManager._warned = True
            self.log.warning(WARNING.format(reason=problem))
            if not Application.initialized():  # then nobody listens to the log
                print(WARNING.format(reason=problem), file=sys.stderr)
        return PlainProvisioner(**arguments)

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or str(uuid.uuid4())
            self.provisioner = self.choose_provisioner()
        return await super()._async_pre_start_kernel(**kwargs)

    async def _async_start_kernel(self, **kwargs: Any) -> None:
        try:
            try:
                await self._start_or_clean_up(**kwargs)
            except ServerLostError as error:
                self.log.warning("%s A new one takes its place.", error)
                self.provisioner = None
                await self._start_or_clean_up(**kwargs)
        except SandboxError as error:
            if self.fork_server != "auto" or not isinstance(self.provisioner, ForkedProvisioner):
                raise
            CourseKernelManager._can_fork = False
            self.log.warning("Kernels can't be forked here, each is started by itself: %s", error)
            self.provisioner = None
            await self._start_or_clean_up(**kwargs)

    async def _start_or_clean_up(self, **kwargs: Any) -> None:
        try:
            await super()._async_start_kernel(**kwargs)
            if isinstance(self.provisioner, SandboxProvisioner) and not self.sandboxed:
                raise SandboxError("The kernel was started, but not seen in its sandbox.")
        except BaseException:
            await self._async_cleanup_resources()
            raise

    pre_start_kernel = _async_pre_start_kernel
    start_kernel = _async_start_kernel
