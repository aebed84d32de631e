"""Tests that are changed after hand-in: what was given by hand is kept, and nothing half done."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
import toy
from nbformat.v4 import new_markdown_cell
from nbgrader.apps import NbGrader
from toy import GOOD, TEST_DOUBLE, TEST_MODEL, cell, graded_cell

from grading.coordinator import formerly
from grading.plugins import retest as module
from grading.plugins.cells import Change
from grading.plugins.retest import RetestError, retest

TIMED = {
    "double": "%%time\n%load_ext autoreload\n" + GOOD["double"],
    "model": "%pip\n" + GOOD["model"],
}
CLASS = {
    "ada": GOOD,
    "ben": {**GOOD, **TIMED},
    "chidi": {**GOOD, "double": "def double(x):\n    return x"},
}
RENAMED = {"double": "twice", "test-double": "test-twice"}
OPTIONS = [f"--rename={old}={new}" for old, new in RENAMED.items()]


class Changed(toy.Toy):
    """A class of three, graded by the first tests; ada has points and a comment by hand."""

    def __init__(self, root):
        super().__init__(root)
        self.source = self.root / "source" / "toy" / "toy.ipynb"
        for student, answers in CLASS.items():
            self.hand_in_cells(student, answers)
        self.nbgrader_here("autograde", "toy", "--no-execute")
        with self.gradebook() as gradebook:
            gradebook.find_grade("test-double", "toy", "toy", "ada").manual_score = 1.5
            gradebook.find_comment("double", "toy", "toy", "ada").manual_comment = "See me."
            gradebook.db.commit()

    def change(self):
        """Renames an answer and its test (which gets 2 points more), replaces another test.

        There is a text to write, too. The set-up cell gets lines of IPython's, which the tests have
        to do without.
        """
        nb = nbformat.read(self.source, as_version=4)
        for old in nb.cells:
            if old.id == "setup":
                old.source = f"%matplotlib inline\n!echo\n{old.source}\nget_ipython()"
            if new := RENAMED.get(old.id):
                old.id = old.metadata.nbgrader.grade_id = new
            if old.id == "test-twice":
                old.metadata.nbgrader.points = 6
                old.source = TEST_DOUBLE.strip().replace("test-double", "test-twice")
        place = [old.id for old in nb.cells].index("test-model")
        text = TEST_MODEL.replace("test-model", "test-rows")
        nb.cells[place] = graded_cell("test-rows", text, 5)
        essay = new_markdown_cell("Why?", id="essay")
        essay.metadata = cell("essay", "", grade=True, solution=True, points=3).metadata
        nb.cells.append(essay)
        nbformat.write(nb, self.source)

    def state(self):
        """What must not change where something fails."""
        folders = self.root / "release", self.root / "source", self.root / "autograded"
        files = {p: p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()}
        with self.gradebook() as gradebook:
            notebook = gradebook.find_notebook("toy", "toy")
            cells = [c.to_dict() for c in (*notebook._base_cells, *notebook.source_cells)]
            entries = [e.to_dict() for n in notebook.submissions for e in (*n.grades, *n.comments)]
        by_id = {entry["id"]: entry for entry in cells + entries}
        return files, json.dumps(by_id, sort_keys=True), sorted(os.listdir(self.root))

    def try_to(self, change=Change()):  # noqa: B008  (frozen)
        """Changes the tests in this process; why that is refused."""
        course = NbGrader()
        course.initialize([])
        try:
            with pytest.raises(RetestError) as refused:
                retest(course, "toy", change)
        finally:
            course.close_handlers()
        return str(refused.value)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Changed(tmp_path_factory.mktemp("retest") / "course")


@pytest.fixture
def before(course, monkeypatch):
    """The state before the command is tried."""
    monkeypatch.chdir(course.root)
    kept = course.source.read_bytes()
    course.change()
    yield course.state()
    course.source.write_bytes(kept)


def test_points_by_hand_are_not_lost_by_an_oversight(course, before):
    told = course.try_to()
    assert "no cell double any more" in told or "no cell test-double any more" in told
    assert "(ada)" in told and "--rename" in told and "--drop" in told
    assert course.state() == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change({"double": "thrice"}), "--rename double=thrice: .*test-rows, test-twice, twice"),
        (Change({"setup": "twice"}), "--rename setup=twice: .*double, test-double, test-model"),
        (Change(dropped=frozenset({"setup"})), "--drop setup: only cells that are gone"),
    ],
)
def test_a_wrong_name_is_refused(course, before, change, told):
    said = course.try_to(change)
    assert re.search(told, said), said
    assert course.state() == before


def test_a_broken_notebook_changes_nothing(course, before):
    course.source.write_text("{")
    before = course.state()
    assert "could not be made" in course.try_to(Change(RENAMED))
    assert course.state() == before


def test_a_failure_in_the_middle_changes_nothing(course, before, monkeypatch):
    swap = module._swap

    def fail(*arguments):
        swap(*arguments)
        raise RetestError("the disk is full")

    monkeypatch.setattr(module, "_swap", fail)
    assert course.try_to(Change(RENAMED)) == "the disk is full"
    assert course.state() == before


def test_generate_assignment_keeps_the_old_version_and_names_the_command(course, before):
    with pytest.raises(AssertionError) as failed:
        course.run("generate_assignment", "toy", "--force")
    assert "python -m grading retest toy" in str(failed.value)
    assert course.state() == before


def test_everybody_is_graded_by_the_new_tests_and_nothing_is_lost(course, before):
    command = [sys.executable, "-m", "grading", "retest", "toy", *OPTIONS]
    run = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    with course.gradebook() as gradebook:
        scores = {
            student: {g.name: g.score for g in work.grades}
            for student in CLASS
            for work in [gradebook.find_submission_notebook("toy", "toy", student)]
        }
        right = {"test-twice": 6, "test-rows": 5, "test-history": 2, "essay": 0}
        assert scores["ben"] == right
        assert scores["chidi"] == {**right, "test-twice": 0}
        assert scores["ada"] == {**right, "test-twice": 1.5}
        assert gradebook.find_grade("essay", "toy", "toy", "ben").auto_score == 0  # no response
        assert gradebook.find_comment("essay", "toy", "toy", "ben").manual_comment is None
        grade = gradebook.find_grade("test-twice", "toy", "toy", "ada")
        assert (grade.auto_score, grade.max_score) == (6, 6)
        assert gradebook.find_comment("twice", "toy", "toy", "ada").comment == "See me."
        assert gradebook.find_assignment("toy").max_score == 16
    released = nbformat.read(course.root / "release" / "toy" / "toy.ipynb", as_version=4)
    assert {"twice", "test-twice", "test-rows"} <= {cell.id for cell in released.cells}
    graded = course.graded_notebook("ben")
    assert not [cell.id for cell in graded.cells if cell.id.startswith("extra")]
    assert formerly.noted(nbformat.read(course.source, as_version=4)) == {
        **RENAMED,
        "test-model": None,
    }
    assert not list(course.root.glob(".retest-*"))


def test_names_follow_one_another():
    nb = nbformat.v4.new_notebook()
    formerly.note(nb, {"a": "b"}, {"t"})
    formerly.note(nb, {"b": "c", "x": "y"}, set())
    assert formerly.noted(nb) == {"a": "c", "b": "c", "x": "y", "t": None}
    formerly.note(nb, {}, {"c"})
    assert formerly.noted(nb) == {"a": None, "b": None, "c": None, "x": "y", "t": None}
