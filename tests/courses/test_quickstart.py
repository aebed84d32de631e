"""nbgrader's own example course, made by its command, graded here with one line of configuration.

Wherever it is graded, there is no torch to import.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import plain_nbgrader
import pytest
from course import Course
from handin import ROOT
from nbgrader.api import Gradebook

from grading.cells import grade_id, is_solution, is_test

NOTEBOOKS = ("problem1", "problem2")
USE = "\nfrom grading import use\n\nuse(c)\n"
QUICKER = "c.ForkedProvisioner.preload = []\nc.CheckTests.enabled = {}\n"
WRONG = {
    "squares": "def squares(n):\n    return [i ** 2 for i in range(n)]",
    "sum_of_squares": "def sum_of_squares(n):\n    return n * (n + 1) * (2 * n + 1) // 6",
    "sum_of_squares_application": "def pyramidal_number(n):\n    return n",
}
BROKEN = {
    "correct_squares": "import inspect\n\nassert squares(1) == [1]\nassert inspect.getsource(squares)",
    "squares_invalid_input": "x = 3\nassert squares(2) == expectd",
    "correct_sum_of_squares": "assert True",
}


class Quickstart(Course):
    """The course that `nbgrader quickstart` makes, and our one line."""

    def __init__(self, root: Path):
        self.root = root / "demo"
        command = [Path(sys.executable).with_name("nbgrader"), "quickstart", "demo"]
        subprocess.run(command, cwd=root, check=True, capture_output=True)
        self.own = (self.root / "nbgrader_config.py").read_text()
        self.check(False)
        self.tag("correct_sum_of_squares")
        self.masters = {name: self.read(self.root / "source", name) for name in NOTEBOOKS}
        self.release("ps1")

    def tag(self, test: str) -> None:
        """Has a test judged inside."""
        path = self.root / "source" / "ps1" / "problem1.ipynb"
        nb = nbformat.read(path, as_version=4)
        [cell] = [cell for cell in nb.cells if grade_id(cell) == test]
        cell.metadata["tags"] = ["judge-inside"]
        nbformat.write(nb, path)

    def check(self, enabled: bool) -> None:
        text = self.own + USE + QUICKER.format(enabled)
        (self.root / "nbgrader_config.py").write_text(text)

    def read(self, folder: Path, name: str):
        return nbformat.read(folder / "ps1" / f"{name}.ipynb", as_version=4)

    def hand_in_answers(self, student: str, answers: dict[str, str]) -> None:
        folder = self.root / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        for name in NOTEBOOKS:
            nb = self.read(self.root / "release", name)
            for cell in filter(is_solution, nb.cells):
                cell.source = answers.get(grade_id(cell), cell.source)
            nbformat.write(nb, folder / f"{name}.ipynb")

    def solutions(self) -> dict[str, str]:
        cells = [cell for nb in self.masters.values() for cell in nb.cells if is_solution(cell)]
        return {grade_id(cell): plain_nbgrader.unmarked(cell.source) for cell in cells}

    def plain(self, student: str) -> dict[str, float]:
        nb = self.read(self.root / "submitted" / student, "problem1")
        solved = self.read(self.root / "source", "problem1")
        return plain_nbgrader.points(nb, solved, self.root)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Quickstart(tmp_path_factory.mktemp("quickstart"))
    versions = {"right": course.solutions(), "wrong": WRONG, "untouched": {}}
    for student, answers in versions.items():
        course.hand_in_answers(student, answers)
    blocked = tmp_path_factory.mktemp("blocked")
    (blocked / "torch.py").write_text("raise ImportError('there is no torch here')\n")
    path = os.pathsep.join([str(blocked), str(ROOT)])
    course.run = course.nbgrader("autograde", "ps1", PYTHONPATH=path)
    assert course.run.returncode == 0, course.run.stdout
    return course


@pytest.mark.parametrize("student", ["right", "wrong", "untouched"])
def test_the_example_course_gets_the_points_of_plain_nbgrader(course, student):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        found = book.find_submission_notebook("problem1", "ps1", student)
        ours = {grade.name: grade.auto_score for grade in found.grades}
    names = {grade_id(cell) for cell in course.masters["problem1"].cells if is_test(cell)}
    tests = {name: points for name, points in course.plain(student).items() if name in names}
    assert {name: ours[name] for name in tests} == tests
    assert (sum(tests.values()) == 3) == (student == "right") and len(tests) == 4


def test_what_was_judged_inside_says_so(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        comment = book.find_comment("sum_of_squares", "problem1", "ps1", "right").comment
    assert "`correct_sum_of_squares` was judged inside" in comment
    course.nbgrader_here("generate_feedback", "ps1", "--student=right")
    page = (course.root / "feedback" / "right" / "ps1" / "problem1.html").read_text()
    assert page.count("judged inside your own notebook") == 1


def test_what_cannot_be_judged_is_said_by_cell_and_line(course):
    path = course.root / "source" / "ps1" / "problem1.ipynb"
    before = path.read_text()
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.source = BROKEN.get(grade_id(cell), cell.source)
    nbformat.write(nb, path)
    try:
        check = [sys.executable, "-m", "grading", "check", "ps1"]
        run = subprocess.run(check, cwd=course.root, text=True, capture_output=True, check=False)
        assert run.returncode == 1, run.stderr
        places = r"problem1.ipynb, cell \d+ \(`(\w+)`\)(?:, line (\d+))?: (.*)\n"
        assert re.findall(places, run.stdout) == [
            ("correct_squares", "4", "the solution gets 0 of 1 points."),
            ("squares_invalid_input", "2", "the solution gets 0 of 1 points."),
            ("correct_sum_of_squares", "", "an untouched notebook gets 0.5 of 0.5 points."),
        ]
        assert "judge-inside" in run.stdout and "no cell before it defines `expectd`" in run.stdout
        course.check(True)
        said = course.nbgrader_here("generate_assignment", "ps1", "--force")
        assert said.count("`squares_invalid_input`") == 1
        assert (course.root / "release" / "ps1" / "problem1.ipynb").exists()
    finally:
        path.write_text(before)
        course.check(False)
