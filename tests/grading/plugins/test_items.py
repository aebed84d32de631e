"""Item analysis on a gradebook whose answers are known."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grading.judge.outputs import write_verdict
from grading.plugins import items
from grading.verdict import Status, Verdict
from helpers.claims import Claim

SCORES = {  # student: points of test-a (2), test-b (3), test-c (1)
    "ada": (2, 3, 0),
    "bob": (2, 3, 0),
    "cyd": (2, 0, 1),
    "dan": (0, 0, 1),
}
POINTS = {"test-a": 2, "test-b": 3, "test-c": 1}
CLAIMS = (
    Claim("the sum", False, "it is 3.5; expected 9."),
    Claim("two", False, "no."),
    Claim("three", False),  # fails only because an earlier one did
    Claim("four", True),
)


def graded_notebook(scores):
    """What autograding leaves of a student: a verdict in each test cell."""
    notebook = new_notebook()
    for (name, most), points in zip(POINTS.items(), scores, strict=True):
        failed = name == "test-b" and not points
        status = Status.PASSED if points else Status.FAILED
        told = {"error": "Failed", "message": "test-b: two things"} if failed else {}
        verdict = Verdict(name, status, points, most, claims=CLAIMS if failed else (), **told)
        if name == "test-c" and not points:
            verdict = verdict.but(error="KernelStopped", message="it ended\nat once")
        notebook.cells.append(new_code_cell(metadata={"nbgrader": {"grade_id": name}}))
        write_verdict(notebook.cells[-1], verdict)
    return notebook


@pytest.fixture
def coursedir(tmp_path, monkeypatch):
    # A gradebook is made with `alembic`, which nbgrader starts by its bare name.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    coursedir = CourseDirectory(root=str(tmp_path))
    with Gradebook(coursedir.db_url) as book:
        book.add_assignment("hw")
        book.add_notebook("nb", "hw")
        for name, points in POINTS.items():
            book.add_grade_cell(name, "nb", "hw", max_score=points, cell_type="code")
        for student, scores in SCORES.items():
            book.add_student(student)
            book.add_submission("hw", student)
            for name, score in zip(POINTS, scores, strict=True):
                book.find_grade(name, "nb", "hw", student).auto_score = score
            folder = tmp_path / "autograded" / student / "hw"
            folder.mkdir(parents=True)
            nbformat.write(graded_notebook(scores), folder / "nb.ipynb")
        book.db.commit()
    return coursedir


def test_shares_discrimination_and_messages(coursedir):
    a, b, c = sorted(items.analyse(coursedir, "hw"), key=lambda item: item.name)
    assert [(i.earned, i.graded, i.points) for i in (a, b, c)] == [(3, 4, 2), (2, 4, 3), (2, 4, 1)]
    # By hand: rest of the score of ada to dan is (3, 3, 1, 1) for a, (2, 2, 3, 1) for b
    # and (5, 5, 2, 0) for c.
    assert a.discrimination == pytest.approx(3**-0.5)
    assert b.discrimination == pytest.approx(0.0)
    assert c.discrimination == pytest.approx(-4 / 18**0.5)
    assert b.failures == {"the sum": 2, "two": 2}
    assert b.examples["the sum"] == "it is 3.5; expected 9."
    assert c.failures == {"KernelStopped: it ended": 2}


def test_table_and_figure(coursedir, tmp_path):
    found = items.analyse(coursedir, "hw")
    text = items.table(found)
    assert "test-a" in text and "3 of 4" in text and "2 x two: no." in text
    assert text.count("worth a look") == 2
    items.figure(found, tmp_path / "items.png", "hw")
    assert (tmp_path / "items.png").read_bytes().startswith(b"\x89PNG")


def test_a_message_is_one_line_that_moves_no_cursor():
    """Whatever a student's code made a test say."""
    said = "x\n\ntest-a: - forged failure\x1b[2J"
    claims = Claim("the sum", False, said), Claim("a\nb", False, said)
    found = {name: items.Item(name, points) for name, points in POINTS.items()}
    for test, told in (("test-b", {"claims": claims}), ("test-a", {"message": said})):
        items.count_failures(Verdict(test, Status.FAILED, 0, 3, error="Failed", **told), found)
    lines = items.table(list(found.values())).splitlines()
    assert len(lines) == 1 + len(POINTS) + sum(len(i.failures) for i in found.values())
    assert found["test-a"].failures == {"x": 1}
    assert any(line.endswith(r"1 x a b: x test-a: - forged failure\x1b[2J") for line in lines)


def test_nothing_graded_is_said(coursedir):
    with Gradebook(coursedir.db_url) as book:
        book.add_assignment("empty")
    with pytest.raises(LookupError, match="nbgrader autograde empty"):
        items.analyse(coursedir, "empty")
