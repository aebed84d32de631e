"""A course of one small assignment in a folder of its own, run by the real nbgrader commands."""

import contextlib
import re
import subprocess
import tempfile
import time
from pathlib import Path

import nbformat
from course import Course
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from grading.sandbox.usage import children

SETTINGS = """
c.CourseDirectory.course_id = "toy"
c.Execute.timeout = 60
c.Judge.test_timeout = 60
c.Judge.call_timeout = 12
c.Judge.submission_seconds = 300
c.KernelClient.output_bytes = 20_000
"""

SETUP = "import torch\nfrom course import two"
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return two * x\n    ### END SOLUTION"
TEST_DOUBLE = """
from helpers.checks import Failed, Report
with Report("test-double") as check:
    with check("double gives twice its argument"):
        if not (double(torch.ones(2)) == two).all():
            raise Failed("not doubled")
    ### BEGIN HIDDEN TESTS
    with check("double passes gradients on"):
        x = torch.ones(3, requires_grad=True)
        double(x).sum().backward()
        print("SECRET of the tests")
        assert (x.grad == 2).all(), "the gradient is wrong"
    ### END HIDDEN TESTS"""
MODEL = """class Model(torch.nn.Module):
    ### BEGIN SOLUTION
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x)
    ### END SOLUTION"""
TEST_MODEL = """
from helpers.checks import Report
with Report("test-model") as check:
    with check("Model gives one number a row"):
        assert Model()(torch.ones(4, 2)).shape == (4, 1)
    ### BEGIN HIDDEN TESTS
    with check("Model uses its parameters"):
        model = Model()
        model(torch.rand(4, 2)).sum().backward()
        assert all(p.grad is not None for p in model.parameters())
    ### END HIDDEN TESTS"""
HISTORY = "### BEGIN SOLUTION\nhistory = {'mse': [2.0, 1.0]}\n### END SOLUTION"
TEST_HISTORY = "### BEGIN HIDDEN TESTS\npass\n### END HIDDEN TESTS\nlen(history['mse'])"
GOOD = {"double": "def double(x):\n    return x + x", "model": re.sub(r" *###.*\n?", "", MODEL)}
GOOD["history"] = "history = {'mse': [2.0, 1.0]}"

PATIENCE = 30  # seconds for a process to notice that the one it served is gone
TESTS = "test-double", "test-model", "test-history"


def cell(name, text, **marks):
    made = new_code_cell(text.strip("\n"), id=name)
    none = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    made.metadata["nbgrader"] = {"grade_id": name, **none, **marks}
    return made


def graded_cell(name, text, points):
    return cell(name, text, grade=True, locked=True, points=points)


def dask_workers(process: subprocess.Popen) -> list[int]:
    """The processes of `--Farm.executor=dask:...` below an nbgrader command."""
    below = children(process.pid)
    return [pid for pid in below if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


class Toy(Course):
    """A course with this project's configuration and one assignment, `toy`, released."""

    def __init__(self, root: Path, settings: str = "", db_url: str = ""):
        self.db_url = db_url or f"sqlite:///{root}/gradebook.db"
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = new_notebook(metadata={"kernelspec": kernel}, cells=self.source())
        with tempfile.TemporaryDirectory() as source:
            assignment = Path(source, "toy")
            assignment.mkdir()
            nbformat.write(notebook, assignment / "toy.ipynb")
            (assignment / "course.py").write_text("two = 2\n")
            super().__init__(root, Path(source), settings)
        self.run("generate_assignment", "toy")

    def source(self) -> list[NotebookNode]:
        """The cells of the instructor's notebook."""
        return [
            new_markdown_cell("# Toy", id="title"),
            cell("setup", SETUP, locked=True),
            cell("double", DOUBLE, solution=True),
            graded_cell("test-double", TEST_DOUBLE, 4),
            cell("model", MODEL, solution=True),
            graded_cell("test-model", TEST_MODEL, 3),
            new_code_cell("print('a figure')", id="figure"),
            cell("history", HISTORY, solution=True),
            graded_cell("test-history", TEST_HISTORY, 2),
        ]

    def configure(self, settings: str) -> None:
        super().configure(f"{SETTINGS}c.CourseDirectory.db_url = {self.db_url!r}\n{settings}")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        return super().start(*arguments, TOY=str(self.root), **environment)

    def run(self, *arguments: str) -> str:
        """Runs an nbgrader command, which has to succeed; what it said."""
        if arguments[0] != "autograde":
            return self.nbgrader_here(*arguments)
        run = self.nbgrader(*arguments)
        assert run.returncode == 0, run.stdout
        return run.stdout

    def submitted(self, student) -> Path:
        folder = self.root / "submitted" / student / "toy"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def hand_in_cells(self, student, answers, change=lambda notebook: None):
        notebook = nbformat.read(self.root / "release" / "toy" / "toy.ipynb", 4)
        for released in notebook.cells:
            released.source = answers.get(released.id, released.source)
        change(notebook)
        nbformat.write(notebook, self.submitted(student) / "toy.ipynb")

    def graded_notebook(self, student):
        return nbformat.read(self.root / "autograded" / student / "toy" / "toy.ipynb", 4)

    def gradebook(self):
        return Gradebook(self.db_url, "toy")

    def scores(self, student):
        with self.gradebook() as gradebook:
            grades = [gradebook.find_grade(test, "toy", "toy", student) for test in TESTS]
            return tuple(grade.auto_score for grade in grades)

    def flagged(self, student):
        with self.gradebook() as gradebook:
            grades = [gradebook.find_grade(test, "toy", "toy", student) for test in TESTS]
            return [grade.name for grade in grades if grade.needs_manual_grade]

    def comment(self, student, answer="double"):
        with self.gradebook() as gradebook:
            return gradebook.find_comment(answer, "toy", "toy", student).comment

    def processes(self):
        """The processes that nbgrader's commands in this course left behind."""
        end = time.monotonic() + PATIENCE
        while (found := self.running()) and time.monotonic() < end:
            time.sleep(0.2)
        return found

    def running(self):
        """The numbers of the processes that were started by nbgrader's commands in this course."""
        mark, found = f"TOY={self.root}".encode(), []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes():
                    found.append(int(path.parent.name))
        return found
