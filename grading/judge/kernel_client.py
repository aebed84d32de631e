"""The judge's way to a student's kernel: starts it, runs cells in it, keeps little of what it says.

Whatever comes from the kernel is written by the student. Messages too large to be read are never
read, and a kernel that dies or gives no answer is a result like any other.
"""

import contextlib
import os
import time
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from nbclient.client import CellExecutionComplete
from nbclient.exceptions import DeadKernelError
from nbclient.util import run_sync
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets import Bool, Float, Integer, Unicode, default
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from grading.judge.gate import Gate
from grading.judge.outputs import (
    absent_module,
    append_cut,
    append_error,
    append_within,
    plain,
    remade,
)

IMPORT = "__import__('importlib').import_module('grading.student.{}')"
STUDENT_SIDE = IMPORT.format("serve")  # what answers test cells, in the kernel
FORGIVE_IMPORTS = IMPORT.format("absent") + ".forgive_imports()"
LIMIT_WORKERS = IMPORT.format("workers") + ".limit_workers()"
QUIETLY = "__import__('logging').getLogger('IPKernelApp').setLevel('WARNING')"  # it drops the rest
LIMIT_CELLS = IMPORT.format("budget") + ".limit_cells({seconds!r})"
BOOT_SECONDS = 120.0
SEND_MILLISECONDS = 5_000
CHANNELS = ("shell", "iopub", "stdin", "control")
WAITING = 2  # messages that wait to be read
MOST_ABSENT = 20  # missing modules that are named
RESULT = 1_000  # characters of a cell's value
PING_SECONDS = 5.0  # for an idle kernel to answer
CUT_OFF = "it cannot be reached any more; did it print or raise something enormous?"
UNSTOPPABLE = "a cell did not end within {:.0f} seconds and could not be interrupted"


class KernelClient(Execute):
    """nbgrader's Execute, made to outlive whatever its kernel does.

    Args:
        nb: the notebook whose cells are run; folder: where the submission's files are.
    """

    kernel_manager = Unicode(
        "grading.sandbox.manager.CourseKernelManager",
        help="the class that starts the student's kernel",
    ).tag(config=True)
    output_bytes = Integer(1_000_000, help="bytes of output that are kept of a cell").tag(
        config=True
    )
    notebook_bytes = Integer(
        4_000_000, help="bytes of output that are kept of a notebook, over all its cells"
    ).tag(config=True)
    message_bytes = Integer(
        16 << 20, help="bytes of a message; a kernel that sends a larger one is cut off from it"
    ).tag(config=True)
    patience = Float(
        3.0,
        min=1.0,
        help="how many times as long as a cell may compute (Execute.timeout, in seconds of "
        "processor time) it may take, on a busy machine",
    ).tag(config=True)
    raise_on_iopub_timeout = Bool(False, help="lost output is no reason to stop").tag(config=True)

    def __init__(self, nb: NotebookNode, folder: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.nb, self.resources = nb, {"metadata": {"path": folder}}
        self.km: Any = None
        self.kc: Any = None
        self._gate: Gate | None = None
        self.reset_execution_trackers()
        self.result = ""  # the value of the last cell's last expression, as text
        self.late = ""  # why the last cell was interrupted, if it was
        self.absent: list[str] = []  # modules that the last cell could not import
        self.unsandboxed = False  # whether a kernel has run without a sandbox
        self._cut_off = False
        self._began = self._seconds = 0.0  # when a cell began, and how long it may take
        self._room = 0  # bytes that may still be kept of a cell's output
        self._kept: dict[int, int] = {}  # bytes that were kept of each cell's
        self._kept_in_all = 0
        self._heard_all = False  # what the last cell had to say

    @default("skip_cells_with_tag")
    def _skip_no_cells(self) -> str:
        return ""

    @default("shutdown_kernel")
    def _shut_down_at_once(self) -> str:
        return "immediate"

    # ---- life and death -------------------------------------------------------------------------

    def start(self, first: str = "") -> None:
        """Starts a kernel, puts the student's side of the judge into it, and runs `first` there."""
        self.kernel_manager_class = import_item(self.kernel_manager)
        self.km = self.create_kernel_manager()
        # Jupyter's class of this name would warn of each option of this one's.
        sections = {name: own for name, own in self.config.items() if name != "KernelClient"}
        self.km.config = Config(sections)
        try:
            self.start_new_kernel()
            self.unsandboxed |= not getattr(self.km, "sandboxed", False)
            boot = [QUIETLY, STUDENT_SIDE, FORGIVE_IMPORTS, LIMIT_WORKERS, first]
            if self.timeout:
                boot.append(LIMIT_CELLS.format(seconds=self.timeout))
            if not run_sync(self._connect)() or not self.silently("\n".join(boot), BOOT_SECONDS):
                raise RuntimeError(f"The student's kernel does not start: {self.reason()}")
        except BaseException:
            self.kill()
            raise

    async def _connect(self) -> bool:
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, self.message_bytes)
        # After a message that was too large the line is cut: nobody takes what is sent any more.
        context.setsockopt(zmq.SNDTIMEO, SEND_MILLISECONDS)
        # Each may be as large as any. The others wait in the kernel, in memory of its own.
        context.setsockopt(zmq.RCVHWM, WAITING)
        self.kc = self.km.client(context=context)
        self.km._close_control_socket()  # one without limits, to ask a kernel to end
        if self.kc.transport == "ipc":
            there, self.kc.ip = self.kc.ip, f"{self.kc.ip}-gate"
            ports = [getattr(self.kc, f"{channel}_port") for channel in CHANNELS]
            paths = {f"{self.kc.ip}-{port}": f"{there}-{port}" for port in ports}
            self._gate = Gate(paths, self.message_bytes)
        self.kc.start_channels(hb=False)
        self.kc.allow_stdin = False
        return await self._hears_and_tells()

    async def _hears_and_tells(self) -> bool:
        """Waits until messages go through on all lines (jupyter_client's own way has pauses)."""
        end = time.monotonic() + self.startup_timeout
        while time.monotonic() < end and await self.km.is_alive():
            self.kc.kernel_info()
            with contextlib.suppress(Empty):
                await self.kc.shell_channel.get_msg(timeout=1.0)
                await self.kc.iopub_channel.get_msg(timeout=0.2)
                return True
        return False

    @property
    def running(self) -> bool:
        """Whether there is a kernel, as far as we know."""
        return self.kc is not None

    def alive(self) -> bool:
        """Whether the kernel's process still exists."""
        return self.km is not None and run_sync(self.km.is_alive)()

    def reason(self) -> str:
        """Why the kernel stopped, in words."""
        told = getattr(self.km, "death_reason", None)
        if told:
            return str(told)
        return "it does not answer" if self.alive() else "its process ended"

    @property
    def at_limit(self) -> bool:
        """Whether the kernel stopped at a limit of the grader's, which no laptop has."""
        return bool(getattr(self.km, "at_limit", False))

    @property
    def lost(self) -> bool:
        """Whether the kernel stopped because the machine ended the sandbox around it."""
        return bool(getattr(self.km, "lost", False))

    def kill(self) -> None:
        """Ends the kernel at once."""
        context = self.kc.context if self.kc else None
        if self.km is not None:
            with contextlib.suppress(RuntimeError):
                self._cleanup_kernel()
        if self._gate:
            self._gate.close()
        self.km = self.kc = self._gate = None
        if context:
            context.destroy(linger=0)

    def kill_now(self) -> None:
        """Ends the kernel's processes, from whichever thread; `kill` is still to be called."""
        with contextlib.suppress(AttributeError):  # there is none, or none of ours
            self.km.provisioner.kill_now()

    def socket_paths(self, name: str) -> tuple[str | None, str | None]:
        """A unix socket for the kernel and this machine: its path here, and in the kernel.

        (None, None) for a kernel without a folder for sockets.
        """
        here = getattr(self.km, "socket_directory", None)
        if not here:
            return None, None
        return os.path.join(here, name), os.path.join(self.km.inside_socket_directory or here, name)

    def interrupt(self) -> None:
        """Sends SIGINT to the kernel, where it still runs."""
        with contextlib.suppress(RuntimeError, OSError):
            run_sync(self.km.interrupt_kernel)()

    # ---- running code ---------------------------------------------------------------------------

    def run_cell(
        self, cell: NotebookNode, index: int, seconds: float, kept: bool = True
    ) -> str | None:
        """Runs a cell; None when the kernel is ready for more, else why it is not.

        Args:
            kept: in the notebook's own history.
            seconds: of wall time, after which the cell is interrupted. It also is after
                `self.timeout` seconds of processor time. Then `late` says why.
        """
        self._cut_off = self._heard_all = False
        self._kept_in_all -= self._kept.pop(index, 0)  # a cell that is run again
        # Where there is no room, the first output says so.
        room = self._room = max(1, min(self.output_bytes, self.notebook_bytes - self._kept_in_all))
        self.late, self.result, self.absent = "", "", []
        self._began, self._seconds = time.monotonic(), seconds
        self.timeout_func = lambda _: max(1, int(seconds))
        try:
            self.execute_cell(cell, index, store_history=kept)
        except DeadKernelError:
            return self.reason()
        except zmq.Again:
            return CUT_OFF
        except Exception as error:  # a message that cannot be taken apart
            self.log.warning("cell %d: %s: %s", index, type(error).__name__, error)
            return "it sent messages that are none"
        finally:
            cell.execution_count = self.code_cells_executed
            self._kept[index] = room - max(0, self._room)
            self._kept_in_all += self._kept[index]
        if self._room > 0 and not self._heard_all:
            append_cut(cell)
        if self.late and not self.silently("", PING_SECONDS):
            return CUT_OFF if self._cut_off else UNSTOPPABLE.format(seconds)
        return None

    @property
    def wall_seconds(self) -> float | None:
        """How long a cell may take; None: as long as it likes."""
        return self.timeout and self.timeout * self.patience

    def silently(self, code: str, seconds: float) -> bool:
        """Runs code that leaves no output; whether it ended well and in time."""
        return run_sync(self._silently)(code, seconds)

    async def _silently(self, code: str, seconds: float) -> bool:
        end = time.monotonic() + seconds
        with contextlib.suppress(Exception):  # a message that cannot be taken apart
            try:
                sent = await self._send(code)
            except zmq.Again:
                self._cut_off = True
                return False
            while (left := end - time.monotonic()) > 0:
                with contextlib.suppress(Empty):
                    reply = await self.kc.shell_channel.get_msg(timeout=min(left, 1.0))
                    if reply["parent_header"].get("msg_id") == sent:
                        return reply["content"]["status"] == "ok"
                if not await self.km.is_alive():
                    return False
        return False

    def fire(self, code: str) -> None:
        """Sends code that leaves no output and does not wait for it to end."""
        with contextlib.suppress(zmq.Again):  # the caller will notice that nobody answers
            run_sync(self._send)(code)

    async def _send(self, code: str) -> str:
        return self.kc.execute(code, silent=True, store_history=False, stop_on_error=False)

    # ---- what is kept of a cell's output --------------------------------------------------------

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> None:
        """Keeps an output, remade from its text; called by nbclient for each message."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "status" and content["execution_state"] == "idle":
            self._heard_all = True
            raise CellExecutionComplete()
        if kind == "execute_result" and isinstance(data := content.get("data"), dict):
            self.result = plain(data.get("text/plain"))[:RESULT]
        if kind == "clear_output":
            cell.outputs = []
        elif kind == "display_data" and (module := absent_module(content)):
            self.absent = list(dict.fromkeys([*self.absent, module]))[:MOST_ABSENT]
        elif self._room > 0 and (output := remade(kind, content)):
            self._room = append_within(cell, output, self._room)

    def on_cell_executed(self, **kwargs: Any) -> None:
        """Shows an error that only the reply tells of, as when the time was over."""
        cell, reply = kwargs["cell"], kwargs["execute_reply"]["content"]
        if reply.get("ename") == self.error_on_timeout["ename"]:
            self.late = f"it took more than {self._seconds:.0f} seconds"
            if time.monotonic() - self._began < self._seconds:
                self.late = f"it used more than {self.timeout} seconds of processor time"
        if reply.get("status") == "error" and all(o.output_type != "error" for o in cell.outputs):
            append_error(cell, reply)
