"""A course in a temporary folder, graded with nbgrader's own commands."""

import io
import os
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path

import handin
import nbformat
from jupyter_core.application import NoStart
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderApp

from grading.verdict import Verdict, verdict_of


@dataclass
class Graded:
    """What grading said of one submission, by test cell; no points: no grade is stored."""

    points: dict[str, float | None]
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @property
    def messages(self) -> dict[str, str]:
        """What the student is told of the tests that have something to say."""
        return {name: told for name, verdict in self.verdicts.items() if (told := verdict.told)}


class Course:
    """A course folder with this project's configuration.

    Args:
        root: the folder, made here.
        source: the folder of assignments that it gets; by default this course's own.
        settings: lines that follow those of nbgrader_config.py.
    """

    def __init__(self, root: Path, source: Path = handin.ROOT / "source", settings: str = ""):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, root / "source", dirs_exist_ok=True)
        if source == handin.ROOT / "source":
            shutil.copytree(handin.ROOT / "release", root / "release")
        self.configure(settings)

    def configure(self, settings: str) -> None:
        """Puts other lines after those of nbgrader_config.py."""
        text = (handin.ROOT / "nbgrader_config.py").read_text()
        (self.root / "nbgrader_config.py").write_text(f"{text}\n{settings}")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        """Starts an nbgrader command in the course; all that it says comes in `stdout`."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("nbgrader"), *arguments],
            cwd=self.root,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def nbgrader(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Runs an nbgrader command in the course as an instructor does."""
        process = self.start(*arguments, **environment)
        said, _ = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, said)

    def nbgrader_here(self, *arguments: str) -> str:
        """Runs an nbgrader command in this process and returns what it said.

        A new interpreter takes seconds to import nbgrader, and proves nothing where the command is
        not what is tested. For commands without kernels, and one thread at a time.

        Raises:
            AssertionError: the command has failed.
        """
        said = io.StringIO()
        environment, folder = dict(os.environ), os.getcwd()
        os.chdir(self.root)
        try:
            with redirect_stdout(said), redirect_stderr(said), suppress(NoStart):
                app = NbGraderApp()
                app.initialize(list(arguments))
                app.start()
        except SystemExit as end:
            assert not end.code, said.getvalue()
        finally:
            type(app.subapp or app).clear_instance()
            app.close_handlers()
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
        return said.getvalue()

    def hand_in(self, path: Path, student: str) -> None:
        handin.hand_in(path, student, self.root)

    def release(self, assignment: str) -> None:
        """Makes the student version, and so the assignment known to the gradebook."""
        self.nbgrader_here("generate_assignment", assignment, "--force")

    def autograde(self, assignment: str, *options: str, **environment: str) -> str:
        """Grades, and returns what was said."""
        return self.nbgrader("autograde", assignment, *options, **environment).stdout

    def graded(self, assignment: str, student: str) -> Graded:
        """Points as the gradebook has them, and the verdicts in the graded notebook."""
        name = handin.NOTEBOOKS[assignment]
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as book:
            submission = book.find_submission_notebook(name, assignment, student)
            result = Graded({grade.name: grade.auto_score for grade in submission.grades})
        file = self.root / "autograded" / student / assignment / f"{name}.ipynb"
        for cell in nbformat.read(file, as_version=4).cells if file.exists() else []:
            if verdict := verdict_of(cell):
                result.verdicts[verdict.test] = verdict
        return result


def grade_all(files: list[Path], root: Path, *options: str, **environment: str):
    """Grades submission files, each as a student of its own.

    Returns:
        {file: Graded} and the seconds that `nbgrader autograde` took in all.
    """
    course = Course(root)
    results, seconds = {}, 0.0
    for assignment in handin.NOTEBOOKS:
        group = [file for file in files if handin.read(file).assignment == assignment]
        for file in group:
            course.hand_in(file, file.stem)
        if group:
            course.release(assignment)
            began = time.monotonic()
            said = course.autograde(assignment, *options, **environment)
            seconds += time.monotonic() - began
        for file in group:
            results[file] = course.graded(assignment, file.stem)
            assert results[file].points and None not in results[file].points.values(), said
    return results, seconds
