"""What being late costs, through `nbgrader autograde`."""

from datetime import datetime, timedelta

import pytest
import toy
from toy import GOOD

DAY = 24 * 60
MINUTE = timedelta(minutes=1)
STRICT = """
c.LatePolicy.share_per_day = 0.25
c.LatePolicy.grace_minutes = 30
c.LatePolicy.cutoff_days = 3
c.LatePolicy.extensions = {"toy": {"extended": 48, "too-late": 1}, "other": {"hour": 48}}
"""
# student: (minutes after the due date, the points of 9 that are lost under STRICT)
LATE = {
    "early": (-60, 0),
    "grace": (30, 0),
    "hour": (60, 2.25),
    "day": (DAY + 29, 2.25),
    "days": (DAY + 31, 4.5),
    "extended": (2 * DAY, 0),
    "too-late": (3 * DAY + 91, 9),
    "unstamped": (None, 0),
}
DUE = datetime(2026, 11, 1, 12)


def set_due_date(course, due):
    with course.gradebook() as gradebook:
        gradebook.find_assignment("toy").duedate = due
        gradebook.db.commit()


def penalties(course):
    """{student: (points, penalty)} as the gradebook has them."""
    with course.gradebook() as gradebook:
        return {
            submission.student.id: (submission.score, submission.late_submission_penalty)
            for submission in gradebook.assignment_submissions("toy")
        }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy.Toy(tmp_path_factory.mktemp("late") / "course")
    course.configure(STRICT)
    set_due_date(course, DUE)
    for student, (minutes, _) in LATE.items():
        course.hand_in_cells(student, GOOD)
        if minutes is not None:
            stamp = course.submitted(student) / "timestamp.txt"
            stamp.write_text(f"{DUE + minutes * MINUTE} UTC")
    course.run("autograde", "toy")
    return course


def test_points_lost(course):
    assert penalties(course) == {student: (9, lost) for student, (_, lost) in LATE.items()}


def test_a_regrade_takes_the_share_of_the_new_points(course):
    with course.gradebook() as gradebook:
        gradebook.find_grade("test-double", "toy", "toy", "hour").manual_score = 2
        gradebook.db.commit()
    course.run("autograde", "toy", "--student=hour", "--force")
    assert penalties(course)["hour"] == (7, 1.75)


def test_an_extension_given_later_takes_the_penalty_back(course):
    course.configure(STRICT + 'c.LatePolicy.extensions = {"toy": {"days": 24}}')
    course.run("autograde", "toy", "--student=days", "--force")
    assert penalties(course)["days"] == (9, 2.25)


def test_nothing_is_lost_unless_asked_for(course):
    course.configure("")
    course.run("autograde", "toy", "--student=too-late", "--force")
    assert penalties(course)["too-late"] == (9, 0)
