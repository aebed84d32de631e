"""The attacks on plain nbgrader: how many points it gives, and what happens to the others.

Plain nbgrader contains nothing, so the whole of it runs in bubblewrap: one temporary course for
each attack, writable, everything else read-only, no network but a loopback of its own, no process
of which outlives it. `measure` is called outside, `main` runs inside.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import attacks_evidence as evidence
import handin
from nbgrader.api import Gradebook, MissingEntry

NEIGHBOURS = ("a_honest", "z_honest")
SECONDS = 300  # for one attack and its neighbours
LIMITS = {"DATA": 6 << 30, "FSIZE": 1 << 30, "CPU": 300, "CORE": 0}
AFTERWARDS = 12  # seconds in which what was left running may still do something


@dataclass
class Row:
    """What became of one attack: points by student (None: no grade), and what it left."""

    points: dict[str, float | None]
    leaks: list[str] = field(default_factory=list)
    ended: bool = True  # did grading end by itself?


def honest(assignment: str) -> Path:
    """The submission of the neighbours."""
    folder = handin.ROOT / "tests" / "attacks" / "honest"
    return folder / f"{handin.NOTEBOOKS[assignment]}.py"


def template(root: Path) -> None:
    """A course of our source notebooks with nbgrader's own defaults.

    Its student versions are made, and the first neighbour is graded already.
    """
    root.mkdir()
    shutil.copytree(handin.ROOT / "source", root / "source")
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'plain'\n"
    )
    for assignment in handin.NOTEBOOKS:
        nbgrader(root, os.environ, "generate_assignment", assignment, check=True)
        if honest(assignment).exists():
            handin.hand_in(honest(assignment), NEIGHBOURS[0], root)
            nbgrader(root, os.environ, "autograde", assignment, check=True)


def nbgrader(course: Path, environment, *arguments: str, check=False, timeout=None) -> None:
    """Runs a command of nbgrader's; raises what subprocess.run raises."""
    command = [Path(sys.executable).with_name("nbgrader"), *arguments]
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for alembic
    subprocess.run(
        command,
        cwd=course,
        env={**environment, "PATH": tools},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=check,
        timeout=timeout,
    )


def measure(attack: Path, course: Path, root: Path, bwrap: str) -> Row:
    """Grades one attack between its neighbours; `course` is what `template` made."""
    shutil.copytree(course, root / "course")
    assignment = handin.read(attack).assignment
    handin.hand_in(honest(assignment), NEIGHBOURS[1], root / "course")
    handin.hand_in(attack, attack.stem, root / "course")
    evidence.place_canaries(root / "course", root / "home")
    (root / "tmp").mkdir()
    line = [bwrap, "--unshare-all", "--die-with-parent", "--new-session"]
    line += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", root, root]
    # Not as process 1 of the sandbox, which an attack that kills its parents would meet.
    run = subprocess.Popen(
        [*line, sys.executable, __file__, attack, root],
        env=os.environ
        | {"HOME": str(root / "home"), "TMPDIR": str(root / "tmp")}
        | {"PYTHONPATH": str(handin.ROOT / "scripts")},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        run.wait(SECONDS)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGKILL)
        run.wait()
    told = root / "row.json"
    row = Row(**json.loads(told.read_text())) if told.exists() else Row({}, ended=False)
    shutil.rmtree(root)
    return row


def main(attack: Path, root: Path) -> None:
    """Runs inside: grades, waits for what was left running, and writes down what there is."""
    for name, most in LIMITS.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    course, answer = root / "course", handin.read(attack)
    environment = os.environ | {"COURSE_ATTACK_SECRET": evidence.SECRET}
    environment |= {"OMP_NUM_THREADS": "1"}
    with evidence.Listener() as listener:
        listener.attract(course / "submitted" / attack.stem)
        try:
            nbgrader(course, environment, "autograde", answer.assignment, timeout=SECONDS - 60)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        left = running()
        end = time.monotonic() + AFTERWARDS
        while running() and time.monotonic() < end:
            time.sleep(0.5)
        for pid in running():  # one may still hold the gradebook
            os.kill(pid, signal.SIGKILL)
        found = [f"network ({', '.join(arrived)})" for arrived in [listener.arrived()] if arrived]
    found += ["processes left"] if left else []
    found += ["files left"] if evidence.traces(root / "home", root / "tmp") else []
    graded = course / "autograded" / attack.stem / answer.assignment
    text = evidence.outputs(graded / f"{handin.NOTEBOOKS[answer.assignment]}.ipynb")
    found += evidence.leaks(text, answer.assignment)
    if "page" in answer.facts:
        nbgrader(course, environment, "generate_feedback", answer.assignment, timeout=60)
        pages = (course / "feedback" / attack.stem).rglob("*.html")
        found += ["active script"] if any(evidence.is_active(p.read_text()) for p in pages) else []
    points = {name: score(course, answer.assignment, name) for name in (attack.stem, *NEIGHBOURS)}
    (root / "row.json").write_text(json.dumps(asdict(Row(points, found, ended))))


def running() -> list[int]:
    """The processes in here besides this one and the sandbox's own."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if pid not in (1, os.getpid())]


def score(course: Path, assignment: str, student: str) -> float | None:
    """The points in the gradebook, or None where no test has any."""
    try:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            name = handin.NOTEBOOKS[assignment]
            notebook = book.find_submission_notebook(name, assignment, student)
            tests = [grade for grade in notebook.grades if grade.cell.cell_type == "code"]
            scored = [g for g in tests if g.auto_score is not None or g.manual_score is not None]
            return sum(grade.score for grade in notebook.grades) if scored else None
    except MissingEntry:
        return None


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH")  # was for this module's imports
    main(Path(sys.argv[1]), Path(sys.argv[2]))
