"""Grades submission files in warm processes that fork: `judge(files)`.

What grades here is what grades in earnest: `Assignment.rebuilt` reads what was handed in and makes
the notebook, a student's cells and `grading.student.serve` run in one process, the test cells in
the `Session` of another. Two things are left out. There is no sandbox, for these are our own files;
and nothing is done twice. A submission is the sequence of its code cells, and most sequences begin
alike: the model's answers, the same training. So all of them are one tree. A pair of processes, the
trusted one and the student's, runs the cells of a branch, and where branches part, both fork.

A submission that stops its process, or whose function never ends, is not judged here: that is what
the sandbox is for.
"""

import ctypes
import json
import logging
import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from multiprocessing.connection import Connection, Listener
from pathlib import Path

import handin
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from grading.cells import grade_id, is_test
from grading.coordinator.assignment import Assignment
from grading.coordinator.submission import HandedIn
from grading.judge.judge import setup_cells
from grading.judge.outputs import most_points, not_run
from grading.plan import Step
from grading.student import absent, serve
from grading.trusted.errors import StudentStopped
from grading.trusted.session import Session
from grading.verdict import Status, Verdict

MESSAGE_BYTES = 1 << 20
CONNECT_SECONDS = 20
CELL_SECONDS = 25.0  # of processor time
PATIENCE = 20  # how many times as long a busy machine may take
PARENT_DEATH_SIGNAL = 1  # linux/include/uapi/linux/prctl.h


@dataclass(frozen=True)
class Warm:
    """What came of one file: a verdict for each test cell, or why it can't be judged here."""

    file: str
    verdicts: list[dict] = field(default_factory=list)
    problem: str = ""


class StudentGoneError(Exception):
    """The student's process has ended, or doesn't end what it does."""


def judge(files: list[Path], **environment: str) -> dict[Path, list[Verdict] | str]:
    """Judges submission files: {file: its verdicts, or why it can't be judged here}."""
    env = os.environ | environment | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    env |= {"CUDA_VISIBLE_DEVICES": "", "NBGRADER_EXECUTION": "autograde"}
    env["PYTHONPATH"] = os.pathsep.join([str(handin.ROOT), str(handin.ROOT / "scripts")])
    with tempfile.TemporaryFile() as told:  # a file: lines of several processes don't mix in it
        command = [sys.executable, "-P", __file__, *map(str, files)]
        subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=told, check=True)
        told.seek(0)
        warm = [Warm(**json.loads(line)) for line in told]
    return {Path(w.file): w.problem or list(map(Verdict.from_json, w.verdicts)) for w in warm}


# ---- what there is to run -----------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A code cell; kind: set-up (both processes run it), answer (the student's) or test."""

    kind: str
    name: str
    source: str
    points: float = 0.0


@dataclass
class Branch:
    """Where some submissions have run the same cells: the files that end here, and what follows."""

    files: list[str] = field(default_factory=list)
    next: dict[Cell, "Branch"] = field(default_factory=dict)

    def add(self, cells: list[Cell], file: str) -> None:
        """Adds a submission that runs `cells`."""
        place = self
        for cell in cells:
            place = place.next.setdefault(cell, Branch())
        place.files.append(file)

    def all_files(self) -> list[str]:
        """The files that end here or behind."""
        return [*self.files, *(f for branch in self.next.values() for f in branch.all_files())]


class HandedInHere(Assignment):
    """An assignment of this course of which files were handed in; no gradebook knows of it.

    Args:
        name: of the assignment; folder: where `submitted` is.
    """

    def __init__(self, name: str, folder: Path, config: Config):
        course = CourseDirectory(config=config, root=str(folder), assignment_id=name)
        super().__init__(course, [], config, logging.getLogger("warm"))
        self.notebook = handin.NOTEBOOKS[name]
        self.tree = Branch()

    @cached_property
    def released(self) -> dict[str, set[str]]:
        return {notebook: set() for notebook in handin.NOTEBOOKS.values()}

    def add(self, file: Path) -> None:
        """Hands a file in; what can't be read has its verdicts already."""
        handin.hand_in(file, file.stem, Path(self._coursedir.root))
        nb = self.rebuilt(file.stem, self.notebook)
        if problem := HandedIn.of(nb).problem:
            tests = filter(is_test, nb.cells)
            tell(Warm(str(file), [not_run(test, problem).to_json() for test in tests]))
        else:
            self.tree.add(cells_of(nb), str(file))


def cells_of(nb: NotebookNode) -> list[Cell]:
    """The code cells that run. After the last test nothing decides points any more."""
    setup = setup_cells(nb)
    cells: list[Cell] = []
    last = 0
    for index, cell in enumerate(nb.cells):
        name = grade_id(cell) or ""
        if is_test(cell):
            cells.append(Cell("test", name, cell.source, most_points(cell)))
            last = len(cells)
        elif cell.cell_type == "code" and cell.source.strip():
            cells.append(Cell("set-up" if index in setup else "answer", name, cell.source))
    return cells[:last]


# ---- the student's process ----------------------------------------------------------------------


def be_student(control: socket.socket) -> None:
    """Does what the trusted process asks for, until it hangs up; never returns."""
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415

    end_with_parent()
    sys.stdin = open(os.devnull)  # noqa: SIM115
    errors = os.dup(2)  # of ours
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.modules["__main__"] = types.ModuleType("__main__")
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.xmode = "Minimal"
    shell = InteractiveShell.instance(user_module=sys.modules["__main__"], config=settings)
    absent.forgive_imports()
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.default_int_handler)
    try:
        obey(control, shell)
    except BaseException:
        with os.fdopen(errors, "w") as file:
            traceback.print_exc(file=file)
    finally:
        os._exit(1)


def obey(control: socket.socket, shell) -> None:
    """Does one request after another; a fork of this process goes on with a line of its own."""
    while True:
        with suppress(KeyboardInterrupt):  # meant for a call that has ended meanwhile
            text, files, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 1)
            if not text:
                os._exit(0)
            request = json.loads(text)
            match request.pop("do"):
                case "run":
                    run(shell, **request)
                case "snapshot_setup":
                    serve.snapshot_setup()
                case "serve":
                    serve.serve(**request)
                case "fork" if os.fork() == 0:
                    end_with_parent()
                    control.close()
                    control = socket.socket(fileno=files.pop())
                    request["pid"] = os.getpid()
            for number in files:
                os.close(number)
            control.sendall(json.dumps({"done": True, **request}).encode())


def run(shell, source: str, seconds: float) -> None:
    """Runs a cell as a kernel does: its error is shown and no more, its time is limited."""
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds, 1.0)
    try:
        shell.run_cell(source, store_history=True)
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def end_with_parent() -> None:
    """No process outlives the one that it was forked from."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


# ---- the trusted process ------------------------------------------------------------------------


class Door:
    """Takes the place of `TokenListener`: calls the student's process, which then calls back."""

    def __init__(self, ask: Callable[..., None], folder: str):
        self._ask, self._folder = ask, folder

    def wait(self, token: str, seconds: float) -> Connection:
        """The connection to `grading.student.serve`."""
        address = os.path.join(self._folder, token)
        try:
            with Listener(address) as listener:
                listener._listener._socket.settimeout(seconds)
                self._ask("serve", address=address, token=token)
                line = listener.accept()
                line.recv_bytes(len(token))
                return line
        except (EOFError, OSError) as error:
            raise StudentStopped(f"the student's process cannot be reached: {error}") from None

    def close(self) -> None:
        """There is nothing to close."""


class Pair:
    """The trusted process of a pair, which leads it. It holds a processor while it works."""

    def __init__(self, assignment: HandedInHere, config: Config, processors):
        self._plan, self._steps = assignment.plan(assignment.notebook), 0  # and how many have run
        self._processors = processors
        self._seconds = {
            "call_seconds": config.Judge.call_timeout,
            "seconds": config.Judge.test_timeout,
        }
        self._verdicts: list[Verdict] = []
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._student = os.fork()
        if self._student == 0:
            self._control.close()
            be_student(theirs)
        theirs.close()
        self._session = Session(interrupt=lambda: os.kill(self._student, signal.SIGINT))
        self._session.listener = Door(self._ask, os.getcwd())

    def walk(self, branch: Branch) -> None:
        """Runs and judges all submissions of a branch."""
        while len(branch.next) == 1 and not branch.files:
            cell, branch = next(iter(branch.next.items()))
            if not self._try(cell, branch):
                break
        for file in branch.files:
            tell(Warm(file, [verdict.to_json() for verdict in self._verdicts]))
        self._part(branch)

    def _try(self, cell: Cell, branch: Branch) -> bool:
        """Runs a cell; where that stops the student, it says so of all files of the branch."""
        try:
            self._run(cell)
        except (StudentGoneError, OSError) as error:
            if cell.kind == "set-up":
                raise
            for file in branch.all_files():
                tell(Warm(file, problem=f"{cell.name or 'a cell of its own'}: {error}"))
            branch.files.clear()
            branch.next.clear()
            return False
        return True

    def _run(self, cell: Cell) -> None:
        if cell.kind == "test":
            self._verdicts.append(self._test(cell))
            return
        if cell.kind == "set-up":
            names = [step.cell for step in self._plan.steps]
            problem = self._session.set_up(self._next(names.index(cell.name) + 1))
            if problem:
                raise RuntimeError(f"{cell.name} fails: {problem}")
        self._ask("run", source=cell.source, seconds=CELL_SECONDS)
        self._await((PATIENCE + 1) * CELL_SECONDS)
        if cell.kind == "set-up":  # the last one counts
            self._ask("snapshot_setup")
            self._await()

    def _test(self, cell: Cell) -> Verdict:
        need = self._plan.tests[cell.name]
        verdict = self._session.test(
            name=cell.name,
            need=need,
            steps=self._next(need.steps),
            points=cell.points,
            token=secrets.token_hex(16),
            **self._seconds,
        )
        if verdict.status in (Status.STOPPED, Status.BROKEN):
            raise StudentGoneError(verdict.message)
        self._await()
        return verdict

    def _next(self, end: int) -> tuple[Step, ...]:
        """The steps of the plan up to a place, from where it was."""
        start, self._steps = self._steps, max(end, self._steps)
        return self._plan.steps[start:end]

    # ---- the line to the student's process ------------------------------------------------------

    def _ask(self, do: str, **request) -> None:
        self._control.sendall(json.dumps({"do": do, **request}).encode())

    def _await(self, seconds: float = CONNECT_SECONDS) -> dict:
        self._control.settimeout(seconds)
        answer = self._control.recv(MESSAGE_BYTES)
        if not answer:
            raise StudentGoneError("the student's process ended")
        return json.loads(answer)

    # ---- branches -------------------------------------------------------------------------------

    def _part(self, branch: Branch) -> None:
        """Walks what follows, each cell in a pair of its own, as far as processors are free.

        Where none is free, the next pair gets this one's: depth first, so that few pairs wait.
        """
        beside = []
        for cell, following in branch.next.items():
            free = self._processors.acquire(block=False)
            child = self._fork(cell, following)
            if free:
                beside.append(child)
            else:
                os.waitpid(child, 0)
                self._processors.acquire()
        self._processors.release()
        for child in beside:
            os.waitpid(child, 0)
        self._processors.acquire()

    def _fork(self, cell: Cell, branch: Branch) -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        socket.send_fds(self._control, [json.dumps({"do": "fork"}).encode()], [theirs.fileno()])
        theirs.close()
        self._await()
        child = fork(lambda: self._go_on(ours, cell, branch), self._processors)
        ours.close()
        return child

    def _go_on(self, control: socket.socket, cell: Cell, branch: Branch) -> None:
        self._control.close()
        self._control = control
        self._student = self._await()["pid"]
        self._try(cell, branch)
        self.walk(branch)


def fork(do: Callable[[], None], processors) -> int:
    """Does something in a new process, which is given a processor and leaves it when it ends."""
    if child := os.fork():
        return child
    end_with_parent()
    status = 1
    try:
        do()
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        processors.release()
        os._exit(status)


def tell(warm: Warm) -> None:
    """Writes a line to the standard output, which all processes share."""
    os.write(1, json.dumps(asdict(warm)).encode() + b"\n")


def grade(assignment: HandedInHere, config: Config, processors) -> None:
    """Judges the submissions of an assignment, in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        for name, path in assignment.own_files().items():
            shutil.copy(path, Path(folder, name))
        os.chdir(folder)
        sys.path.append(folder)
        Pair(assignment, config, processors).walk(assignment.tree)


def main(files: list[str]) -> None:
    """Judges submission files, on all processors that this process may use."""
    config = PyFileConfigLoader("nbgrader_config.py", str(handin.ROOT)).load_config()
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        for name in ("source", "release"):
            Path(folder, name).symlink_to(handin.ROOT / name)
        names = sorted({handin.read(Path(file)).assignment for file in files})
        assignments = {name: HandedInHere(name, Path(folder), config) for name in names}
        for file in map(Path, files):
            assignments[handin.read(file).assignment].add(file)
        grade_side_by_side(list(assignments.values()), config)


def grade_side_by_side(assignments: list[HandedInHere], config: Config) -> None:
    """Judges assignments beside each other; exits with an error where one of them breaks."""
    number = len(os.sched_getaffinity(0))
    processors = multiprocessing.get_context("fork").Semaphore(number)
    for assignment in assignments:
        processors.acquire()
        fork(partial(grade, assignment, config, processors), processors)
    codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in assignments]
    if any(codes):
        sys.exit("a trusted process broke down")


if __name__ == "__main__":
    main(sys.argv[1:])
