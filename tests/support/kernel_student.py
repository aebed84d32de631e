"""A student at work in a kernel, for tests of what such a kernel can't do.

A plugin of pytest without assertions of its own: PYTEST_DONT_REWRITE.
"""

import asyncio
import time
from pathlib import Path

import pytest
from traitlets.config import Config

from grading.sandbox import bubblewrap
from grading.sandbox.manager import CourseKernelManager

BWRAP, PROBLEM = bubblewrap.find()
WHY_NOT = f"no sandbox: {PROBLEM} (apt install bubblewrap; python -m grading doctor)"
needs_sandbox = pytest.mark.skipif(BWRAP is None, reason=WHY_NOT)
MIB = 1 << 20
PATIENCE = 60  # seconds


class KernelSession:
    """A kernel with `folder` as the submission, and a client; `run` gives what a cell printed."""

    def __init__(self, folder, manager=None, config=None, **limits):
        self.loop = asyncio.new_event_loop()
        ours = {
            "PlainProvisioner": limits,
            "CourseKernelManager": manager or {},
            "ForkedProvisioner": {"preload": ["torch", "torch._dynamo"]},  # as this course has it
        }
        config = Config(ours | (config or {}))
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


@pytest.fixture(params=["started", "forked"])
def start(tmp_path, request):
    """Starts students' kernels in one of the two ways, and ends them."""
    started = []
    way = {"fork_server": request.param == "forked"}

    def start_one(folder=None, **settings):
        if folder is None:
            folder = tmp_path / "submission"
            folder.mkdir(exist_ok=True)
        manager = way | settings.pop("manager", {})
        started.append(KernelSession(folder, manager, **settings))
        return started[-1]

    yield start_one
    for student in started:
        student.close()


def alive(pid):
    """Is `pid` a process that hasn't ended? (One that only waits to be collected has.)"""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def eventually(condition, tell=str):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"it didn't come about: {tell()}")
        time.sleep(0.1)
