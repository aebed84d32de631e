"""Feedback pages of a class are made side by side, and one that can't be made costs no other."""

import shutil

import pytest
import toy

from grading.coordinator.gradebook import kept_open
from grading.coordinator.marks import marks_of

STUDENTS = [f"s{number:02}" for number in range(12)]  # more than are made in one process


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy.Toy(tmp_path_factory.mktemp("pages") / "course")
    for student in STUDENTS:
        (course.submitted(student) / "toy.ipynb").write_text("{")  # graded without a kernel
    course.nbgrader_here("autograde", "toy")
    with course.gradebook() as gradebook:
        work = gradebook.find_submission_notebook("toy", "toy", STUDENTS[3])
        work.grades[0].manual_score, work.grades[0].extra_credit = 1.25, 0.5
        work.comments[0].manual_comment = "Well done"
        work.late_submission_penalty = 0.25
        gradebook.db.commit()
    return course


def pages(course):
    return {file.parent.parent.name: file for file in course.root.glob("feedback/*/toy/toy.html")}


def test_processes_and_one_process_make_the_same_pages(course):
    said = course.run("generate_feedback", "toy", "--Farm.executor=threads:2")
    assert "Feedback pages made: 12 (s00, s01, " in said
    made = {student: page.read_bytes() for student, page in pages(course).items()}
    assert sorted(made) == STUDENTS
    course.run("generate_feedback", "toy", "--force", "--Farm.executor=threads:1")
    assert {student: page.read_bytes() for student, page in pages(course).items()} == made
    assert b"Well done" in made[STUDENTS[3]] and b"1.5 of 9 points" in made[STUDENTS[3]]


def test_a_run_that_was_stopped_goes_on_where_it_was(course):
    before = {student: page.stat().st_mtime_ns for student, page in pages(course).items()}
    for student in STUDENTS[:2]:
        pages(course)[student].unlink()
    assert "pages made: 2 (s00, s01)" in course.nbgrader_here("generate_feedback", "toy")
    after = {student: page.stat().st_mtime_ns for student, page in pages(course).items()}
    assert {student for student in STUDENTS if after[student] != before[student]} == {*STUDENTS[:2]}


def test_a_page_that_cannot_be_made_costs_no_other(course):
    graded = course.root / "autograded" / STUDENTS[5] / "toy" / "toy.ipynb"
    kept = graded.read_bytes()
    graded.unlink()
    graded.write_text("{}")
    (course.root / "feedback" / STUDENTS[6] / "toy" / "toy.html").unlink()
    shutil.copytree(graded.parent, course.root / "autograded" / "nobody" / "toy")
    done = course.nbgrader("generate_feedback", "toy")
    assert done.returncode == 1
    assert f"No page for {STUDENTS[5]}: " in done.stdout
    assert f"NOT made: the next run tries again: 2 (nobody, {STUDENTS[5]})" in done.stdout
    assert sorted(pages(course)) == sorted({*STUDENTS} - {STUDENTS[5]})
    graded.write_bytes(kept)
    shutil.rmtree(course.root / "autograded" / "nobody")
    course.nbgrader_here("generate_feedback", "toy")
    assert sorted(pages(course)) == STUDENTS


def test_the_marks_of_a_class_are_those_of_nbgrader(course):
    with course.gradebook() as gradebook:
        found = marks_of(gradebook, "toy")
        assert marks_of(gradebook, "toy", STUDENTS[3]) == {
            (STUDENTS[3], "toy"): found[STUDENTS[3], "toy"]
        }
        for student in STUDENTS:
            marks = found[student, "toy"]
            work = gradebook.find_submission_notebook("toy", "toy", student)
            assert marks.score == work.score - (work.late_submission_penalty or 0)
            assert marks.max_score == work.max_score == 9
            assert marks.comments == {
                c.name: (c.auto_comment, c.manual_comment) for c in work.comments
            }
            assert {name: mark.score for name, mark in marks.grades.items()} == {
                grade.name: grade.score for grade in work.grades
            }
    assert found.keys() == {(student, "toy") for student in STUDENTS}


def test_inside_a_run_the_database_is_opened_once(course):
    with kept_open():
        with course.gradebook() as first, kept_open(), course.gradebook() as second:
            assert first.engine is second.engine and first.db is not second.db
        with course.gradebook() as third:  # what one has closed serves the next
            assert third.engine is first.engine and third.find_student(STUDENTS[0])
    with course.gradebook() as alone:
        assert alone.engine is not first.engine
