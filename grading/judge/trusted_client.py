"""The judge's way to the trusted process (`grading.trusted`): starts it, asks, gets verdicts."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.plan import Need, Step
from grading.verdict import Verdict

START_SECONDS = 120.0
ANSWER_SECONDS = 60.0
SETUP_SECONDS = 300.0
KEPT = 4000  # bytes
STARTING = f"the process that runs the tests ({sys.executable} -m grading.trusted)"
ROOT = Path(__file__).resolve().parents[2]  # of the packages, wherever they are installed


class TrustedDiedError(RuntimeError):
    """The trusted process ended by itself; what it was doing has no result."""


class TrustedUnusableError(RuntimeError):
    """The trusted process can't be made ready here, whoever's answers it is to judge."""


class Interrupt:
    """An answer: a call takes too long, please send SIGINT to the student's kernel."""


class TrustedClient:
    """A trusted process, and what can be asked of it.

    It starts in the background; the first request waits for it.

    Args:
        folder: its working directory, with the files of the assignment.
        memory: bytes that it may fill; 0: any.
        gpus: those that it sees, as CUDA_VISIBLE_DEVICES names them: as many as students' kernels.
    """

    def __init__(self, folder: str | Path, memory: int = 0, gpus: str = ""):
        path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grading.trusted", str(memory)],
            cwd=folder,
            env={
                "OMP_NUM_THREADS": "1",
                **os.environ,
                "MPLBACKEND": "Agg",
                # A set-up cell that asks for a GPU gets the same answer on both sides.
                "CUDA_VISIBLE_DEVICES": gpus,
                "PYTHONPATH": path,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the grader; this process ends with it
        )
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._ready = False
        self._complaints = b""  # the end of what it wrote to stderr
        self._complaining = threading.Thread(target=self._pass_on, daemon=True)
        self._complaining.start()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout  # a pipe
        with contextlib.suppress(ValueError, OSError):
            for line in self._process.stdout:
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def _pass_on(self) -> None:
        """Shows what the process writes to stderr, once it has started; until then, keeps it."""
        assert self._process.stderr  # a pipe
        while text := self._process.stderr.read1(KEPT):  # type: ignore[attr-defined]
            if self._ready:
                with contextlib.suppress(OSError):  # nobody is there to see it
                    os.write(2, text)
            self._complaints = (self._complaints + text)[-KEPT:]

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    # ---- what can be asked: each raises `TrustedDiedError` --------------------------------------

    def prepare(self, seed: int, steps: Sequence[Step]) -> None:
        """Begins a submission, and runs what precedes the first answer.

        Raises:
            TrustedUnusableError: it can't, for a reason that is no student's; it has ended then.
        """
        try:
            self.begin(seed)
            problem = self.set_up(steps)
        except TrustedDiedError as error:
            problem = str(error)
        if problem:
            self.kill()  # another one may be luckier: this one has run before
            raise TrustedUnusableError(problem)

    def begin(self, seed: int) -> None:
        """Forgets the submission before, and begins the next one.

        seed: of the random numbers of the instructor's cells, as in the student's kernel.
        """
        self._ask("begin", seed=seed)

    def set_up(self, steps: Sequence[Step]) -> str | None:
        """Runs what precedes the first answer; the error, in words, of a locked cell, if any."""
        return self._ask("set_up", SETUP_SECONDS, steps=list(map(vars, steps)))["error"]

    def listen(self, path: str | None) -> str:
        """Listens for the student's kernel at a unix socket, or anywhere; the address."""
        return self._ask("listen", path=path)["address"]

    def test(
        self,
        *,
        name: str,
        need: Need,
        steps: Sequence[Step],
        points: float,
        token: str,
        call_seconds: float,
        seconds: float,
    ) -> None:
        """Has a test cell run; `receive` gets its verdict.

        Args:
            need: the test and what it needs; steps: the instructor's that come before it and have
            not run yet; points: what the cell is worth; token: what the student's kernel says when
            it calls; call_seconds, seconds: of each call of a student's function, and of all.
        """
        self._send(
            "test",
            name=name,
            need=vars(need),
            steps=list(map(vars, steps)),
            points=points,
            token=token,
            call_seconds=call_seconds,
            seconds=seconds,
        )

    def receive(self, seconds: float) -> Verdict | Interrupt | None:
        """What the process has to say about the test cell; None when it says nothing in time."""
        answer = self._receive(seconds)
        if answer is None:
            return None
        return Verdict.from_json(answer["verdict"]) if "verdict" in answer else Interrupt()

    def kill(self) -> None:
        """Ends the process at once."""
        assert self._process.stdin  # a pipe
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()

    # ---- lines of JSON --------------------------------------------------------------------------

    def _ask(self, do: str, seconds: float = ANSWER_SECONDS, **request: Any) -> dict[str, Any]:
        self._send(do, **request)
        answer = self._receive(seconds)
        if answer is None:
            self.kill()
            raise TrustedDiedError(f"the trusted process did not answer within {seconds:g} seconds")
        return answer

    def _send(self, do: str, **request: Any) -> None:
        if not self._ready:
            self._await_start()
        assert self._process.stdin  # a pipe
        try:
            self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # a broken pipe, a closed one
            raise TrustedDiedError("the trusted process is gone") from None

    def _await_start(self) -> None:
        try:
            self._ready = self._receive(START_SECONDS) is not None
            why = f"within {START_SECONDS:g} seconds"
        except TrustedDiedError:
            self._complaining.join(1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            lines = self._complaints.decode(errors="replace").strip().splitlines()
            why = lines[-1] if lines else f"it ended with code {self._process.returncode}"
        if not self._ready:
            self.kill()
            raise TrustedDiedError(f"{STARTING} did not start: {why}")

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        if answer is None:
            self._answers.put(None)  # for whoever asks next
            raise TrustedDiedError(f"the trusted process ended (code {self._process.poll()})")
        return answer
