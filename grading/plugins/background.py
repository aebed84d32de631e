"""The formgrader's long commands, in processes of their own: the server goes on answering.

nbgrader grades and makes pages in the server's own process, which answers nobody meanwhile. Here
one command runs at a time, in the order in which they were asked for. nbgrader has no hook for it:
`install`, from nbgrader_config.py, changes three handlers.
"""

import asyncio
import json
import sys
from typing import Any

from tornado import web

HANDLERS = "nbgrader.server_extensions.formgrader.apihandlers"
BASE = "nbgrader.server_extensions.formgrader.base"
COMMANDS = {
    "AutogradeHandler": "autograde",
    "GenerateAllFeedbackHandler": "generate_feedback",
    "GenerateFeedbackHandler": "generate_feedback",
}
LOG_FORMAT = "[%(levelname)s] %(message)s"  # nbgrader's in the formgrader

_ONE_AT_A_TIME = asyncio.Lock()


def install() -> None:
    """Has the formgrader of this process, if it is one, run these commands in the background."""
    handlers: Any = sys.modules.get(HANDLERS)
    for name, command in COMMANDS.items() if handlers else ():
        getattr(handlers, name).post = _post(command)


def _post(command: str) -> Any:
    base: Any = sys.modules[BASE]

    @web.authenticated
    @base.check_xsrf
    @base.check_notebook_dir
    async def post(handler: Any, assignment: str, student: str | None = None) -> None:
        handler.write(json.dumps(await _run(command, handler.coursedir, assignment, student)))

    return post


async def _run(
    command: str, course: Any, assignment: str, student: str | None
) -> dict[str, bool | str]:
    """Runs a command as an instructor does; whether it succeeded and what it said, as nbgrader's
    pages want it."""
    whose = [f"--student={student}"] if student is not None else []
    settings = {
        "CourseDirectory.root": course.root,
        "CourseDirectory.course_id": course.course_id,
        "CourseDirectory.db_url": course.db_url,
        "Application.log_format": LOG_FORMAT,
    }
    arguments = [command, assignment, *whose, "--force"]
    arguments += [f"--{name}={value}" for name, value in settings.items()]
    async with _ONE_AT_A_TIME:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "nbgrader", *arguments),
            cwd=course.root,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    told: dict[str, bool | str] = {"success": process.returncode == 0}
    told["log"] = said.decode(errors="replace")
    if process.returncode:
        told["error"] = f"nbgrader {command} ended with exit status {process.returncode}."
    return told
