"""What instructors type at nbgrader's commands means what they mean, or is refused."""

import shutil
from datetime import datetime

import pytest
import toy

from grading.plugins.moments import MomentError

CLASS = "y[1]", "y1", "z"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy.Toy(tmp_path_factory.mktemp("typed") / "course")
    (course.root / "exchange").mkdir()
    (course.root / "exchange").chmod(0o777)
    # In most courses no id has brackets; where one has, they are no wildcards.
    brackets = r"c.StudentIds.pattern = r'[\w\[\]]+'"
    course.configure(f"c.Exchange.root = '{course.root}/exchange'\n{brackets}")
    for student in CLASS:
        course.hand_in_cells(student, {})
    course.nbgrader_here("autograde", "toy", "--no-execute")
    return course


def due(course):
    with course.gradebook() as gradebook:
        return gradebook.find_assignment("toy").duedate


def add(course, written):
    return course.run("db", "assignment", "add", "toy", f"--duedate={written}")


def test_a_due_date_on_the_command_line(course):
    add(course, "2026-12-01 18:00:00 -0500")
    assert due(course) == datetime(2026, 12, 1, 23)


def test_a_due_date_that_is_not_understood_changes_nothing(course, caplog):
    add(course, "2026-12-01 18:00 UTC")
    with pytest.raises(AssertionError):
        add(course, "2026-12-01 18:00:00 IST")
    told = caplog.text
    assert "The due date '2026-12-01 18:00:00 IST' is not understood" in told, told
    assert "Traceback" not in told and due(course) == datetime(2026, 12, 1, 18)


def test_due_dates_from_a_list(course):
    file = course.root / "assignments.csv"
    file.write_text("name,duedate\ntoy,2026-11-30 18:00 PST\n")
    course.run("db", "assignment", "import", str(file))
    assert due(course) == datetime(2026, 12, 1, 2)
    file.write_text("name,duedate\ntoy,30.11.2026\n")
    with pytest.raises(AssertionError):
        course.run("db", "assignment", "import", str(file))
    assert due(course) == datetime(2026, 12, 1, 2)


def test_a_due_date_in_the_formgrader(course):
    """As its handler joins the two fields of the dialog; an empty one takes the date away."""
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment("toy", duedate="2026-12-01T18:00 +0530")
        assert due(course) == datetime(2026, 12, 1, 12, 30)
        with pytest.raises(MomentError):
            gradebook.update_or_create_assignment("toy", duedate="2026-12-01T18:00 CST")
        gradebook.update_or_create_assignment("toy", duedate=None)
        assert due(course) is None


@pytest.mark.parametrize(
    ("typed", "meant"), [("y[1]", {"y[1]"}), ("y*", {"y[1]", "y1"}), ("[xz]", {"z"})]
)
def test_the_student_of_just_that_name_comes_first(course, typed, meant):
    said = course.nbgrader_here("autograde", "toy", f"--student={typed}", "--force", "--no-execute")
    assert {name for name in CLASS if f"autograded/{name}/toy\n" in said} == meant, said
    shutil.rmtree(course.root / "feedback", ignore_errors=True)
    course.run("generate_feedback", "toy", f"--student={typed}")
    pages = {page.parent.parent.name for page in (course.root / "feedback").rglob("*.html")}
    said = course.run("release_feedback", "toy", f"--student={typed}")
    assert pages == meant
    assert {name for name in CLASS if f"so {name} has to get" in said} == meant
