"""What instructors type at nbgrader's commands means what they mean, or is refused."""

import logging
import os
import shutil
import zipfile
from datetime import datetime

import pytest
import toy
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from toy import GOOD

from grading.plugins.log import PlainFormatter
from grading.plugins.moments import MomentError

CLASS = "y[1]", "y1", "z"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy.Toy(tmp_path_factory.mktemp("typed") / "course")
    (course.root / "exchange").mkdir()
    (course.root / "exchange").chmod(0o777)
    # In most courses no id has brackets; where one has, they are no wildcards.
    brackets = r"c.StudentIds.pattern = r'[\w\[\]]{1,99}'"
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
    assert f"Graded in this run: {len(meant)} ({', '.join(sorted(meant))})\n" in said, said
    shutil.rmtree(course.root / "feedback", ignore_errors=True)
    course.run("generate_feedback", "toy", f"--student={typed}")
    pages = {page.parent.parent.name for page in (course.root / "feedback").rglob("*.html")}
    said = course.run("release_feedback", "toy", f"--student={typed}")
    assert pages == meant
    assert {name for name in CLASS if f"so {name} has to get" in said} == meant


ODD = ("*", "-rf", "=cmd()", "c d", "a\nb", "\x1b[2J", "x\u202ey", "\udcff\udcfe", "n" * 255)


@pytest.fixture
def odd(course):
    """Folders in submitted/ and autograded/ whose names are no students' ids."""
    folders = [course.root / step / name for step in ("submitted", "autograded") for name in ODD]
    for folder in folders:
        shutil.copytree(course.root / folder.parent.name / "z", folder)
    yield course
    for folder in folders:
        shutil.rmtree(folder)


def test_folders_that_are_no_students_are_named_and_left_alone(odd):
    said = odd.nbgrader_here("autograde", "toy", "--student=[!yz]*", "--no-execute")
    said += odd.run("generate_feedback", "toy")
    assert {path.name for path in (odd.root / "feedback").iterdir()} == set(CLASS)
    for shown in ("*", "-rf", "=cmd()", "a b", "c d", r"\x1b[2J", r"x\u202ey", r"\udcff\udcfe"):
        assert said.count(f"Left out: '{shown}' is no student's id.") == 2, said
    with odd.gradebook() as gradebook:
        assert {student.id for student in gradebook.students} == set(CLASS)


def test_the_formgrader_lists_students_and_reads_no_pipe(odd):
    stamp = odd.submitted("y1") / "timestamp.txt"
    os.mkfifo(stamp)
    (odd.submitted("z") / "timestamp.txt").write_text("0001-01-01 00:00:00 +1400")
    try:
        coursedir = CourseDirectory(root=str(odd.root), assignment_id="toy")
        coursedir.config.StudentIds.pattern = r"[\w\[\]]{1,99}"
        api = NbGraderAPI(coursedir, parent=coursedir)
        assert api.get_submitted_students("toy") == set(CLASS)
        assert api.get_submitted_timestamp("toy", "y1") is None
        assert api.get_submitted_timestamp("toy", "z") is None
    finally:
        stamp.unlink()
        (odd.submitted("z") / "timestamp.txt").unlink()


def test_an_archive_is_collected_with_the_courses_own_settings(course):
    course.hand_in_cells("made", GOOD)
    archive = course.root / "downloaded" / "toy" / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "class.zip", "w") as packed:
        for name in ("Ada L_ada", "../up", "Eve_=cmd()"):
            packed.write(course.submitted("made") / "toy.ipynb", f"{name}_toy.ipynb")
    shutil.rmtree(course.root / "submitted" / "made")
    pattern = r"--FileNameCollectorPlugin.named_regexp=.*_(?P<student_id>.+)_(?P<file_id>toy)"
    said = course.run("zip_collect", "toy", pattern)
    assert (course.submitted("ada") / "toy.ipynb").exists()
    assert "leads out of the archive" in said and "'=cmd()' is no student's id" in said
    shutil.rmtree(course.root / "submitted" / "ada")


def test_a_line_of_the_log_moves_no_cursor():
    record = logging.makeLogRecord({"msg": "%s", "args": ("a\x1b[2J\n\u202eb",), "levelno": 20})
    try:
        raise ValueError("\x1b]0;title\x07")
    except ValueError as error:
        record.exc_info = type(error), error, None
    told = PlainFormatter(color=False, fmt="%(message)s").format(record)
    assert told.splitlines()[:2] == [r"a\x1b[2J", r"    \u202eb"]
    assert r"ValueError: \x1b]0;title\x07" in told and "\x1b" not in told
