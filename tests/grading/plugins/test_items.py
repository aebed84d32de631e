"""Item analysis on a gradebook whose answers are known."""

import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grading.plugins import items

SCORES = {  # student: points of test-a (2), test-b (3), test-c (1)
    "ada": (2, 3, 0),
    "bob": (2, 3, 0),
    "cyd": (2, 0, 1),
    "dan": (0, 0, 1),
}


@pytest.fixture
def db_url(tmp_path, monkeypatch):
    # A gradebook is made with `alembic`, which nbgrader starts by its bare name.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.add_assignment("hw")
        book.add_notebook("nb", "hw")
        book.add_solution_cell("answer", "nb", "hw")
        for name, points in (("test-a", 2), ("test-b", 3), ("test-c", 1)):
            book.add_grade_cell(name, "nb", "hw", max_score=points, cell_type="code")
        for student, scores in SCORES.items():
            book.add_student(student)
            book.add_submission("hw", student)
            for name, score in zip(("test-a", "test-b", "test-c"), scores, strict=True):
                book.find_grade(name, "nb", "hw", student).auto_score = score
            if not scores[1]:
                comment = book.find_comment("answer", "nb", "hw", student)
                claims = f"- the sum: it is {1.5 + scores[0]}; expected 9.\n- two: no."
                comment.auto_comment = f"test-b: (seed {scores[0]}23)\n{claims}"
        book.db.commit()
    return url


def test_shares_discrimination_and_messages(db_url):
    a, b, c = sorted(items.analyse(db_url, "hw"), key=lambda item: item.name)
    assert [(i.earned, i.graded, i.points) for i in (a, b, c)] == [(3, 4, 2), (2, 4, 3), (2, 4, 1)]
    # By hand: rest of the score of ada to dan is (3, 3, 1, 1) for a, (2, 2, 3, 1) for b
    # and (5, 5, 2, 0) for c.
    assert a.discrimination == pytest.approx(3**-0.5)
    assert b.discrimination == pytest.approx(0.0)
    assert c.discrimination == pytest.approx(-4 / 18**0.5)
    assert b.failures == {"the sum: it is #; expected 9.": 2, "two: no.": 2}


def test_table_and_figure(db_url, tmp_path):
    found = items.analyse(db_url, "hw")
    text = items.table(found)
    assert "test-a" in text and "3 of 4" in text and "2 x two: no." in text
    assert text.count("worth a look") == 2
    items.figure(found, tmp_path / "items.png", "hw")
    assert (tmp_path / "items.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_graded_is_said(db_url):
    with Gradebook(db_url) as book:
        book.add_assignment("empty")
    with pytest.raises(LookupError, match="nbgrader autograde empty"):
        items.analyse(db_url, "empty")
