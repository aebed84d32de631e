"""The judge's end of the line to the trusted process (`trusted`)."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

START_SECONDS = 120.0
ROOT = Path(__file__).resolve().parents[2]  # of the packages, wherever they are installed


class WorkerDiedError(RuntimeError):
    """The trusted process ended by itself; what it was doing has no result."""


class Worker:
    """A trusted process, its working directory the assignment's source folder.

    It starts in the background; the first request waits for it.
    """

    def __init__(self, folder: str | Path):
        path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grading.trusted"],
            cwd=folder,
            env={
                "OMP_NUM_THREADS": "1",
                **os.environ,
                "MPLBACKEND": "Agg",
                "PYTHONPATH": path,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the grader; this process ends with it
        )
        self._answers: queue.Queue = queue.Queue()
        self._ready = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in self._process.stdout:
                self._answers.put(json.loads(line))
        self._answers.put(None)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, do: str, **request) -> None:
        """Asks for something; `receive` gets the answer. Waits until the process has started."""
        if not self._ready:
            self._ready = self.receive(START_SECONDS) is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # a broken pipe, a closed one
            raise WorkerDiedError("the trusted process is gone") from None

    def receive(self, seconds: float) -> dict | None:
        """The next answer, or None when there is none in time. Raises `WorkerDiedError`."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        if answer is None:
            self._answers.put(None)  # for whoever asks next
            raise WorkerDiedError(f"the trusted process ended (code {self._process.poll()})")
        return answer

    def ask(self, do: str, seconds: float = 60.0, **request) -> dict:
        """Asks and waits. Raises `WorkerDiedError`, also for a process that does not answer."""
        self.send(do, **request)
        answer = self.receive(seconds)
        if answer is None:
            self.kill()
            raise WorkerDiedError(f"the trusted process did not answer within {seconds:g} seconds")
        return answer

    def kill(self) -> None:
        """Ends the process at once."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()
