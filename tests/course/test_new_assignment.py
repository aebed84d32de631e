"""CONTRIBUTING.md's way to add an assignment, word for word, in a copy of the course."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from handin import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

SECTION = (ROOT / "CONTRIBUTING.md").read_text().split("## Add an assignment")[1]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
CELL = re.compile(r"^# %% ([\w-]+): ([\w -]+)(?:, (\d+) points)?\n((?:(?!# %% ).*\n?)*)", re.M)
KINDS = {
    "Read-only": {"locked": True, "solution": False, "grade": False},
    "Autograded answer": {"locked": False, "solution": True, "grade": False},
    "Autograder tests": {"locked": True, "solution": False, "grade": True},
}


def notebook(text):
    """The notebook that the Create Assignment panel makes of the cells that are described."""
    cells = []
    for name, kind, points, source in CELL.findall(text):
        marks = {"grade_id": name, "schema_version": 3, "task": False, **KINDS[kind]}
        if points:
            marks["points"] = int(points)
        cells.append(new_code_cell(source.strip("\n"), id=name, metadata={"nbgrader": marks}))
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course with the new assignment: every block of the section has been followed."""
    root = tmp_path_factory.mktemp("new") / "course"
    others = shutil.ignore_patterns("attacks", "submissions", "__pycache__")
    for folder in ("grading", "helpers", "release", "scripts", "solutions", "source", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=others)
    for file in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / file, root)
    for language, text in FENCE.findall(SECTION):
        if language == "sh":
            for command in text.splitlines():
                run(root, *command.split())
            continue
        first, rest = text.split("\n", 1)
        path, _, place = first.removeprefix("# ").partition(", in ")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if place:
            old = (root / path).read_text()
            assert f"{place} = {{\n" in old
            (root / path).write_text(old.replace(f"{place} = {{\n", f"{place} = {{\n{rest}"))
        elif path.endswith(".ipynb"):
            nbformat.write(notebook(rest), root / path)
        else:
            (root / path).write_text(text)
    return root


def run(root, program, *arguments):
    command = [Path(sys.executable).with_name(program), *arguments]
    run = subprocess.run(
        command,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_every_step_works(course):
    released = nbformat.read(course / "release" / "4-binary" / "binary.ipynb", as_version=4)
    texts = {cell.id: cell.source for cell in released.cells}
    assert list(texts) == ["setup", "binarize", "test-binarize"]
    assert "raise NotImplementedError" in texts["binarize"] and "0.3" not in texts["test-binarize"]


def test_students_are_graded_and_get_their_feedback(course):
    for student, answer in {"ada": "images > threshold", "bruno": "images > 0.5"}.items():
        handed_in = nbformat.read(course / "release" / "4-binary" / "binary.ipynb", as_version=4)
        text = f"def binarize(images, threshold=0.5):\n    return 1.0 * ({answer})"
        handed_in.cells[1].source = text
        folder = course / "submitted" / student / "4-binary"
        folder.mkdir(parents=True)
        nbformat.write(handed_in, folder / "binary.ipynb")
    run(course, "nbgrader", "autograde", "4-binary")
    run(course, "nbgrader", "generate_feedback", "4-binary")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        points = {s: gradebook.find_submission("4-binary", s).score for s in ("ada", "bruno")}
    assert points == {"ada": 5, "bruno": 0}
    for student, said in {"ada": "5 of 5 points", "bruno": "0 of 5 points"}.items():
        assert said in (course / "feedback" / student / "4-binary" / "binary.html").read_text()
