"""A course in a temporary folder, graded with nbgrader's own commands."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import handin
import nbformat
from nbgrader.api import Gradebook

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
    """A copy of this course's source notebooks and configuration in `root`."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(handin.ROOT / "source", root / "source")
        shutil.copytree(handin.ROOT / "release", root / "release")
        shutil.copy(handin.ROOT / "nbgrader_config.py", root)

    def nbgrader(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Runs an nbgrader command in the course; its output comes in `stdout`."""
        command = [Path(sys.executable).with_name("nbgrader"), *arguments]
        return subprocess.run(
            command,
            cwd=self.root,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def hand_in(self, path: Path, student: str) -> None:
        handin.hand_in(path, student, self.root)

    def autograde(self, assignment: str, *options: str, **environment: str) -> str:
        """Makes the student version known to the gradebook, grades, and returns what was said."""
        made = self.nbgrader("generate_assignment", assignment, "--force")
        assert made.returncode == 0, made.stdout
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
            began = time.monotonic()
            said = course.autograde(assignment, *options, **environment)
            seconds += time.monotonic() - began
        for file in group:
            results[file] = course.graded(assignment, file.stem)
            assert results[file].points and None not in results[file].points.values(), said
    return results, seconds
