"""Grades submission files in warm processes that fork: `python warm.py FILE ...`.

What grades here is what grades in earnest: `submission.rebuild` makes the notebook, a student's
cells and `grading.student.serve` run in one process, the test cells in the `Session` of another.
Two things are left out. There is no sandbox, for these are our own files; and nothing is done
twice. A submission is the sequence of its code cells, and most sequences begin alike: the model's
answers, the same training. So all of them are one tree. A pair of processes, the trusted one and
the student's, runs the cells of a branch, and where branches part, both fork.

Each file gets one line of JSON on the standard output, a `Warm`. A file that stops its process, or
a call that never ends, is not judged here: that is what the sandbox is for.
"""

import ctypes
import json
import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import types
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing.connection import Connection, Listener
from pathlib import Path

import handin
import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearOutput, ClearSolutions, LockCells
from traitlets.config import Config, PyFileConfigLoader

from grading.cells import grade_id, is_solution, is_test
from grading.coordinator import submission
from grading.coordinator.names import bound_names
from grading.judge.judge import setup_cells
from grading.student import serve
from grading.trusted.proxies import StudentStopped
from grading.trusted.session import Session

MESSAGE_BYTES = 1 << 20
CONNECT_SECONDS = 20
CELL_SECONDS = 25.0  # of processor time
PATIENCE = 20  # how many times as long a busy machine may take
PARENT_DEATH_SIGNAL = 1  # linux/include/uapi/linux/prctl.h


@dataclass(frozen=True)
class Warm:
    """What came of one file: a verdict for each test cell, or why it can't be judged here."""

    file: str
    verdicts: dict[str, dict] = field(default_factory=dict)
    problem: str = ""


class StudentGoneError(Exception):
    """The student's process has ended, or doesn't end what it does."""


# ---- what there is to run -----------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A code cell; kind: set-up (both processes run it), answer (the student's) or test."""

    kind: str
    name: str
    source: str


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


@dataclass
class Assignment:
    """An assignment's notebook with stubs, and the names that its tests may use."""

    master: NotebookNode
    allowed: list[str]
    source: Path
    tree: Branch = field(default_factory=Branch)


def read_assignment(name: str, config: Config) -> Assignment:
    """Reads the instructor's notebook as `SubmissionExporter.master` does."""
    source = handin.ROOT / "source" / name
    solved = nbformat.read(source / f"{handin.NOTEBOOKS[name]}.ipynb", as_version=4)
    answers = filter(is_solution, solved.cells)
    allowed = set().union(*(bound_names(cell.source) for cell in answers))
    stubs, resources = nbformat.from_dict(solved), {}
    for step in (LockCells, ClearSolutions, ClearOutput):
        stubs, resources = step(config=config).preprocess(stubs, resources)
    return Assignment(stubs, sorted(allowed), source)


def cells_of(file: Path, master: NotebookNode) -> list[Cell]:
    """The code cells that run for a submission. After the last test nothing decides points."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "notebook.ipynb")
        nbformat.write(handin.notebook(handin.read(file)), path)
        handed_in, problem = submission.read(path)
    if problem:
        raise ValueError(f"{file}: {problem}")
    nb = submission.rebuild(master, handed_in)
    setup = setup_cells(nb)
    cells, last = [], 0
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code" or not (cell.source.strip() or is_test(cell)):
            continue
        kind = "test" if is_test(cell) else "set-up" if index in setup else "answer"
        cells.append(Cell(kind, grade_id(cell) or "", cell.source))
        last = len(cells) if kind == "test" else last
    return cells[:last]


# ---- the student's process ----------------------------------------------------------------------


def be_student(control: socket.socket) -> None:
    """Does what the trusted process asks for, until it hangs up; never returns."""
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415

    end_with_parent()
    sys.stdin = open(os.devnull)  # noqa: SIM115
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.modules["__main__"] = types.ModuleType("__main__")
    settings = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"xmode": "Minimal"}})
    shell = InteractiveShell.instance(user_module=sys.modules["__main__"], config=settings)
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.default_int_handler)
    while True:
        with suppress(KeyboardInterrupt):  # meant for a call that has ended meanwhile
            text, files, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 1)
            if not text:
                os._exit(0)
            request = json.loads(text)
            match request.pop("do"):
                case "run":
                    run(shell, **request)
                case "remember":
                    serve.remember()
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
    """Takes the place of `grading.trusted.session.Door`: lets the student's process in, at once."""

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

    def __init__(self, assignment: Assignment, config: Config, processors, folder: str):
        self._allowed, self._processors, self._folder = assignment.allowed, processors, folder
        self._seconds = {
            "call_seconds": config.Judge.call_timeout,
            "seconds": config.Judge.test_timeout,
        }
        self._setup = [c.name for c in first_cells(assignment.tree) if c.kind == "set-up"]
        self._verdicts: dict[str, dict] = {}
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._student = os.fork()
        if self._student == 0:
            self._control.close()
            be_student(theirs)
        theirs.close()
        self._session = Session(interrupt=lambda: os.kill(self._student, signal.SIGINT))
        self._session.door = Door(self._ask, folder)

    def walk(self, branch: Branch) -> None:
        """Runs and judges all submissions of a branch."""
        while len(branch.next) == 1 and not branch.files:
            cell, branch = next(iter(branch.next.items()))
            if not self._try(cell, branch):
                break
        for file in branch.files:
            tell(Warm(file, self._verdicts))
        self._part(branch)

    def _try(self, cell: Cell, branch: Branch) -> bool:
        """Runs a cell; where that stops the student, it says so of all files of the branch."""
        try:
            self._run(cell)
        except (StudentGoneError, OSError) as error:
            for file in branch.all_files():
                tell(Warm(file, problem=f"{cell.name or 'a cell of its own'}: {error}"))
            branch.files.clear()
            branch.next.clear()
            return False
        return True

    def _run(self, cell: Cell) -> None:
        if cell.kind == "test":
            self._verdicts[cell.name] = self._test(cell)
            return
        if cell.kind == "set-up":
            told = self._session.setup(cell.name, cell.source)
            if told["status"] != "passed":
                raise RuntimeError(f"{cell.name} fails: {told['message']}")
        self._ask("run", source=cell.source, seconds=CELL_SECONDS)
        self._await((PATIENCE + 1) * CELL_SECONDS)
        if self._setup[-1:] == [cell.name]:
            self._ask("remember")
            self._await()

    def _test(self, cell: Cell) -> dict:
        """The verdict. This is where this module meets `Session`."""
        verdict = self._session.test(
            name=cell.name,
            source=cell.source,
            allowed=self._allowed,
            token=secrets.token_hex(16),
            **self._seconds,
        )
        if verdict["status"] in ("stopped", "broken"):
            raise StudentGoneError(verdict["message"])
        self._await()
        return verdict

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


def first_cells(tree: Branch) -> list[Cell]:
    """The cells of the first submission of a tree."""
    cells = []
    while tree.next:
        cell, tree = next(iter(tree.next.items()))
        cells.append(cell)
    return cells


def tell(warm: Warm) -> None:
    """One line on the standard output; all processes share it."""
    os.write(1, json.dumps(asdict(warm)).encode() + b"\n")


def grade(assignment: Assignment, config: Config, processors) -> None:
    """Judges the submissions of an assignment, in processes of their own."""
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        shutil.copytree(
            assignment.source, folder, ignore=shutil.ignore_patterns("*.ipynb"), dirs_exist_ok=True
        )
        os.chdir(folder)
        sys.path.append(folder)
        Pair(assignment, config, processors, folder).walk(assignment.tree)


def main(files: list[str]) -> None:
    """Judges submission files, on all processors that this process may use."""
    config = PyFileConfigLoader("nbgrader_config.py", str(handin.ROOT)).load_config()
    assignments: dict[str, Assignment] = {}
    for file in sorted(map(Path, files)):
        name = file.parent.name
        if name not in assignments:
            assignments[name] = read_assignment(name, config)
        assignments[name].tree.add(cells_of(file, assignments[name].master), str(file))
    number = len(os.sched_getaffinity(0))
    processors = multiprocessing.get_context("fork").Semaphore(number)
    for assignment in assignments.values():
        processors.acquire()
        fork(partial(grade, assignment, config, processors), processors)
    codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in assignments]
    sys.exit(max(map(abs, codes)))


if __name__ == "__main__":
    main(sys.argv[1:])
