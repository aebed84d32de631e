"""nbgrader's commands on this course as an instructor runs them, one after the other."""

import csv
import re

import handin
import pytest
from attacks_evidence import hidden_lines
from course import Course
from nbgrader.api import Gradebook
from nbgrader.utils import notebook_hash

ASSIGNMENT = "1-denoising"
CLASS = ["right_model", "untouched", "damaged_file"]
NOISE = re.compile(r"Traceback|Error|WARNING")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("commands") / "course")
    for student in CLASS:
        path = handin.ROOT / "tests" / "submissions" / ASSIGNMENT / f"{student}.py"
        course.hand_in(path, student)
    course.release(ASSIGNMENT)
    course.said = course.autograde(ASSIGNMENT, COURSE_TRAINING_SECONDS="20")
    return course


def scores(course):
    return {student: course.graded(ASSIGNMENT, student).points for student in CLASS}


def test_autograde_grades_everybody(course):
    points = {student: sum(got.values()) for student, got in scores(course).items()}
    assert points == {"right_model": 20, "untouched": 0, "damaged_file": 0}, course.said
    assert "Traceback" not in course.said


def test_untouched_tasks_say_so_in_plain_words(course):
    messages = course.graded(ASSIGNMENT, "untouched").messages
    assert set(messages) == set(handin.points(ASSIGNMENT))
    for cell, message in messages.items():
        assert "not implemented yet" in message and len(message.splitlines()) == 1, (cell, message)


def test_a_rerun_is_idle_and_changes_nothing(course):
    before = scores(course)
    files = {f: f.stat().st_mtime_ns for f in (course.root / "autograded").rglob("*.ipynb")}
    said = course.nbgrader("autograde", ASSIGNMENT)
    assert said.returncode == 0 and not NOISE.search(said.stdout), said.stdout
    assert scores(course) == before
    assert files == {f: f.stat().st_mtime_ns for f in files}


def test_manual_score_and_comment_survive_a_regrade(course):
    place = "denoising", ASSIGNMENT, "untouched"
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        book.find_grade("test-dae-model", *place).manual_score = 1.5
        book.find_comment("noise", *place).manual_comment = "Come and see me."
        book.db.commit()
    said = course.nbgrader("autograde", ASSIGNMENT, "--student=untouched", "--force")
    assert said.returncode == 0, said.stdout
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        assert book.find_grade("test-dae-model", *place).score == 1.5
        assert book.find_comment("noise", *place).comment == "Come and see me."


def test_feedback_pages(course):
    said = course.nbgrader("generate_feedback", ASSIGNMENT)
    assert said.returncode == 0 and not NOISE.search(said.stdout), said.stdout
    pages = {f.parent.parent.name: f for f in (course.root / "feedback").rglob("*.html")}
    assert sorted(pages) == sorted(CLASS)
    secrets = hidden_lines(ASSIGNMENT)
    assert len(secrets) >= 15
    for student, file in pages.items():
        page = file.read_text()
        plain = re.sub(r"<[^>]+>", "", page).replace("&quot;", '"').replace("&#39;", "'")
        leaked = [line for line in secrets if line in plain]
        assert not leaked, (student, leaked)
        assert not re.search(r"<script|<link|src=\"http|@import|\$\$", page), student
        for image in re.findall(r"<img [^>]*>", page):
            assert re.search(r'alt="[^"]{20,}"', image), image[-200:]
        assert {f.suffix for f in file.parent.iterdir()} == {".html"}
    assert "20 of 20 points" in pages["right_model"].read_text()
    assert "not valid JSON" in pages["damaged_file"].read_text()
    assert "Come and see me." in pages["untouched"].read_text()


def test_feedback_is_released_to_those_who_used_the_exchange(course, tmp_path):
    tmp_path.chmod(0o777)
    graded = course.root / "autograded" / "right_model" / ASSIGNMENT
    (graded / "submission_secret.txt").write_text("as nbgrader submit leaves it")
    said = course.nbgrader("release_feedback", ASSIGNMENT, f"--Exchange.root={tmp_path}")
    assert said.returncode == 0 and "Traceback" not in said.stdout, said.stdout
    for student in ("untouched", "damaged_file"):
        assert f"so {student} has to get this page from you" in said.stdout
    (page,) = (tmp_path / "generative-models" / "feedback").iterdir()
    secret = notebook_hash(secret="as nbgrader submit leaves it", notebook_id="denoising")
    assert page.name == f"{secret}.html" and "20 of 20 points" in page.read_text()


def test_export(course):
    said = course.nbgrader("export")
    assert said.returncode == 0 and not NOISE.search(said.stdout), said.stdout
    rows = list(csv.DictReader((course.root / "grades.csv").open()))
    graded = {row["student_id"]: float(row["score"]) for row in rows}
    assert graded == {"right_model": 20.0, "untouched": 1.5, "damaged_file": 0.0}
    assert {row["max_score"] for row in rows} == {"20.0"}


def test_validate_tells_a_solved_notebook_from_an_unsolved_one(course):
    released = f"release/{ASSIGNMENT}/denoising.ipynb"
    unsolved = course.nbgrader("validate", released)
    assert "VALIDATION FAILED" in unsolved.stdout and "not implemented yet" in unsolved.stdout
    solved = course.nbgrader("validate", f"submitted/right_model/{ASSIGNMENT}/denoising.ipynb")
    assert "Success! Your notebook passes all the tests." in solved.stdout, solved.stdout
    assert "WARNING" not in unsolved.stdout + solved.stdout
