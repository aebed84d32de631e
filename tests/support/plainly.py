"""Judges a notebook in two forked processes, without kernel or sandbox: `judged(cells, answers)`.

The student's cells and `grading.student.serve` run in one process, the test cells in the `Session`
of another, by the plan that is read off the instructor's cells. It takes milliseconds, and torch is
imported by neither.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import types
from contextlib import redirect_stdout, suppress
from io import StringIO
from multiprocessing.connection import Connection

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grading import plan as of_plan
from grading.cells import grade_id, is_test
from grading.magics import as_python
from grading.plan import plan
from grading.trusted.session import Session
from grading.verdict import Verdict

KINDS = {
    "plain": None,
    "locked": {"locked": True},
    "answer": {"solution": True},
    "manual": {"solution": True, "grade": True, "points": 1},
    "test": {"grade": True, "locked": True, "points": 1},
    "inside": {"grade": True, "locked": True, "points": 1},
}
SEED = 5
SECONDS = {"call_seconds": 5.0, "seconds": 20.0}
TOKEN = "token"


def notebook(*cells: tuple[str, str]) -> NotebookNode:
    """A notebook of code cells, each ("kind", "kind name" or "kind name points", text)."""
    made = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for number, (title, text) in enumerate(cells):
        kind, name, points = (*title.split(), "", "")[:3]
        cell = new_code_cell(text.strip("\n"))
        if (marks := KINDS[kind]) is not None:
            none = {"grade": False, "solution": False, "locked": False, "schema_version": 3}
            cell.id = name or f"{kind}-{number}"
            cell.metadata["nbgrader"] = {"grade_id": cell.id, "task": False, **none, **marks}
            if points:
                cell.metadata.nbgrader["points"] = float(points)
        if kind == "inside":
            cell.metadata["tags"] = [of_plan.INSIDE]
        made.cells.append(cell)
    return made


def judged(solved: NotebookNode, **answers: str) -> dict[str, Verdict]:
    """The verdicts of the tests of a notebook whose answers are replaced by these, by name."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    student = context.Process(target=_student, args=(theirs, ours), daemon=True)
    student.start()
    theirs.close()
    steps = plan(solved)
    done: dict[str, Verdict] = {}
    session = Session(interrupt=lambda: os.kill(student.pid, 2), seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        address = session.listen(os.path.join(folder, "socket"))
        problem = session.set_up(steps.steps[: steps.before])
        assert problem is None, problem
        at = steps.before
        for cell in solved.cells:
            name = grade_id(cell)
            if not is_test(cell):
                _ask(ours, run=answers.get(name, cell.source))
                continue
            need = steps.tests[name]
            ours.send({"serve": address})
            between, at = steps.steps[at : need.steps], max(at, need.steps)
            points = float(cell.metadata.nbgrader.points)
            done[name] = session.test(name, _sent(need), between, points, TOKEN, **SECONDS)
            ours.recv()
            _ask(ours, run=need.imports)
        session.close()
    ours.close()
    student.join()
    return done


def _sent(need: of_plan.Need) -> of_plan.Need:
    """What arrives of it where it travels."""
    return of_plan.Need(**json.loads(json.dumps(vars(need))))


def _ask(line: Connection, **request) -> None:
    line.send(request)
    line.recv()


def _student(line: Connection, other: Connection) -> None:
    other.close()
    from grading import streams  # noqa: PLC0415
    from grading.student import serve  # noqa: PLC0415

    main = sys.modules["__main__"] = types.ModuleType("__main__")
    streams.begin(SEED)
    with suppress(EOFError):
        while True:
            request = line.recv()
            if "serve" in request:
                serve.serve(request["serve"], TOKEN)
            else:
                with redirect_stdout(StringIO()), suppress(Exception):
                    exec(compile(as_python(request["run"]), "<answer>", "exec"), main.__dict__)
            line.send("done")
