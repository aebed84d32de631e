"""Small courses in styles that are common: here they get the points that plain nbgrader gives.

Each course beside this file has CELLS, a WRONG submission and a HOSTILE one. The right answers and
an untouched notebook are submissions, too. What differs from plain nbgrader stands in DIFFERENCES
with its reason; a hostile submission gains nothing here.
"""

import importlib.util
import logging
from pathlib import Path

import nbformat
import plain_nbgrader
import pytest
from course import Course
from nbgrader.coursedir import CourseDirectory
from plainly import notebook
from traitlets.config import Config, PyFileConfigLoader

from grading.cells import grade_id, is_solution
from grading.coordinator.assignment import Assignment
from grading.coordinator.farm import Farm
from grading.verdict import verdict_of

HERE = Path(__file__).parent
SETTINGS = """
c.CourseDirectory.course_id = "many"
c.ForkedProvisioner.preload = ["numpy", "pandas"]
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nraise NotImplementedError()"}
c.Execute.timeout = 30
"""


def read(name):
    """A course of this folder."""
    spec = importlib.util.spec_from_file_location(f"course_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COURSES = {
    path.stem: read(path.stem) for path in HERE.glob("[a-z]*.py") if "test_" not in path.stem
}
STUDENTS = ("right", "wrong", "untouched", "hostile")


class Many(Course):
    """A course folder with an assignment for each of the small courses, released."""

    def __init__(self, root: Path):
        source = root / "from"
        for name, course in COURSES.items():
            (source / name).mkdir(parents=True)
            nbformat.write(notebook(*course.CELLS), source / name / f"{name}.ipynb")
            for file, text in getattr(course, "FILES", {}).items():
                (source / name / file).write_text(text)
        super().__init__(root / "course", source, SETTINGS)
        for name in COURSES:
            self.release(name)

    def configure(self, settings: str) -> None:
        text = "from grading import use\nc = get_config()\nuse(c)\nc.CheckTests.enabled = False\n"
        (self.root / "nbgrader_config.py").write_text(text + settings)

    def config(self) -> Config:
        return PyFileConfigLoader("nbgrader_config.py", str(self.root)).load_config()

    def assignment(self, name: str) -> Assignment:
        coursedir = CourseDirectory(config=self.config(), root=str(self.root), assignment_id=name)
        coursedir.db_url = f"sqlite:///{self.root}/gradebook.db"
        return Assignment(coursedir, [], self.config(), logging.getLogger("courses"))

    def hand_in_version(self, name: str, student: str) -> Path:
        """Hands in what a student made of a course; the file."""
        nb = nbformat.read(self.root / "release" / name / f"{name}.ipynb", as_version=4)
        course = COURSES[name]
        solved = {
            grade_id(c): plain_nbgrader.unmarked(c.source) for c in notebook(*course.CELLS).cells
        }
        texts = {"right": solved, "untouched": {}, "wrong": course.WRONG}
        texts["hostile"] = course.HOSTILE
        for cell in filter(is_solution, nb.cells):
            cell.source = texts[student].get(grade_id(cell), cell.source)
        folder = self.root / "submitted" / student / name
        folder.mkdir(parents=True)
        for file, text in getattr(course, "FILES", {}).items():
            (folder / file).write_text(text)
        nbformat.write(nb, folder / f"{name}.ipynb")
        return folder / f"{name}.ipynb"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """{(course, student): ({test: points of plain nbgrader}, {test: points here})}"""
    many = Many(tmp_path_factory.mktemp("courses"))
    found = {}
    for name in COURSES:
        assignment = many.assignment(name)
        plain, versions = {}, []
        for student in STUDENTS:
            file = many.hand_in_version(name, student)
            nb = nbformat.read(file, as_version=4)
            solved = assignment.master(name).solved
            plain[student] = plain_nbgrader.points(nb, solved, file.parent)
            versions.append(((student, name), assignment.rebuilt(student, name)))
        farm = Farm(assignment, config=many.config())
        for student, outcome in zip(STUDENTS, farm.judge_all(versions), strict=True):
            verdicts = filter(None, map(verdict_of, outcome.nb.cells))
            found[name, student] = plain[student], {v.test: v for v in verdicts}
    return found


@pytest.mark.parametrize("student", STUDENTS[:3])
@pytest.mark.parametrize("name", COURSES)
def test_an_honest_submission_gets_the_points_of_plain_nbgrader(results, name, student):
    plain, verdicts = results[name, student]
    ours = {test: verdict.points for test, verdict in verdicts.items()}
    reasons = {test for who, test in COURSES[name].DIFFERENCES if who == student}
    differ = {test for test in plain if plain[test] != ours[test]}
    assert differ == reasons, {test: (plain[test], verdicts[test]) for test in differ}
    full = {test: verdict.most for test, verdict in verdicts.items()}
    assert student != "right" or ours == full
    assert not any(verdict.manual for verdict in verdicts.values()), verdicts


@pytest.mark.parametrize("name", COURSES)
def test_a_hostile_submission_gains_nothing(results, name):
    plain, verdicts = results[name, "hostile"]
    expected = {
        test: why for (who, test), why in COURSES[name].DIFFERENCES.items() if who == "hostile"
    }
    gained = {t for t, v in verdicts.items() if v.points and not v.inside} - expected.keys()
    untouched = results[name, "untouched"][1]
    assert not {t for t in gained if verdicts[t].points > untouched[t].points}, verdicts
    assert sum(plain.values()) > sum(v.points for v in verdicts.values()), plain


def test_what_is_judged_inside_says_so(results):
    _, verdicts = results["plots", "right"]
    assert {t for t, v in verdicts.items() if v.inside} == {"t-figure", "t-source", "t-file"}
