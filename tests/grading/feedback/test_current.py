"""The feedback page follows the grade, with nbgrader's plain commands."""

import pytest
import toy
from toy import GOOD

from grading.coordinator.submission import HandedIn
from grading.feedback.current import META, is_current


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy.Toy(tmp_path_factory.mktemp("current") / "course")
    for student in ("ada", "ben"):
        (course.submitted(student) / "toy.ipynb").write_text("{")  # graded without a kernel
        (course.submitted(student) / "timestamp.txt").write_text("2026-11-01 12:00:00 UTC")
    course.nbgrader_here("autograde", "toy")
    course.run("generate_feedback", "toy")
    return course


def grade(course):
    """The plain commands; what they said."""
    return course.run("autograde", "toy") + course.run("generate_feedback", "toy")


def page(course, student="ada"):
    return course.root / "feedback" / student / "toy" / "toy.html"


def test_what_is_handed_in_later_is_on_the_page(course):
    """Ada's came in with a later time; Ben's notebook was copied there by hand."""
    assert "0 of 9 points" in page(course).read_text()
    for student in ("ada", "ben"):
        course.hand_in_cells(student, GOOD)
    (course.submitted("ada") / "timestamp.txt").write_text("2026-11-02 12:00:00 UTC")
    assert "is not what is handed in now" in grade(course)
    for student in ("ada", "ben"):
        assert "9 of 9 points" in page(course, student).read_text()
        graded = course.root / "autograded" / student / "toy" / "toy.ipynb"
        assert HandedIn.of_file(graded).digest  # of one that was handed out ahead, too
        assert {file.name for file in page(course, student).parent.iterdir()} == {"toy.html"}


def test_a_grade_and_a_comment_given_by_hand_are_on_the_page(course):
    with course.gradebook() as gradebook:
        place = "toy", "toy", "ada"
        gradebook.find_grade("test-double", *place).manual_score = 1.5
        gradebook.find_comment("double", *place).manual_comment = "As we said."
        gradebook.db.commit()
    said = course.run("generate_feedback", "toy")
    assert "the page of ada again" in said and "the page of ben" not in said
    assert "6.5 of 9 points" in page(course).read_text()
    assert "As we said." in page(course).read_text()


def test_a_regrade_is_on_the_page(course):
    graded = course.root / "autograded" / "ben" / "toy" / "toy.ipynb"
    graded.chmod(0o644)  # nbgrader makes it read-only
    graded.write_text(graded.read_text().replace('"note": ""', '"note": "Anew."'))
    course.run("generate_feedback", "toy", "--notebook=toy")
    assert "Anew." in page(course, "ben").read_text()


def test_a_student_who_is_left_out_keeps_the_page(course):
    page(course).write_text("old")
    course.run("generate_feedback", "toy", "--CourseDirectory.student_id_exclude=ada")
    assert page(course).read_text() == "old"
    course.run("generate_feedback", "toy")
    assert "6.5 of 9 points" in page(course).read_text()


def test_a_page_that_is_not_there_is_not_current(tmp_path):
    assert not is_current(tmp_path / "no.html", "a1")
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html>{META.format('a1')}")
    assert is_current(tmp_path / "page.html", "a1") and not is_current(tmp_path / "page.html", "b1")
