"""What `python -m grading doctor` says of who can read and write the course and its exchange."""

import grp
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory

from grading.plugins import access

OTHER = 4711  # an account's number


@pytest.fixture
def place(monkeypatch):
    """A course and an exchange where nothing is wrong, in a folder that everybody can enter."""
    monkeypatch.setattr(access, "UNSEEN", Path("/nowhere"))
    place = Path(tempfile.mkdtemp())  # pytest's own are closed
    place.chmod(0o755)
    for name in ("source", "submitted", "autograded", "feedback"):
        (place / "course" / name).mkdir(parents=True)
    (place / "course" / "gradebook.db").touch()
    (place / "course").chmod(0o700)
    for name in ("outbound", "inbound", "feedback"):
        (place / "exchange" / "toy" / name).mkdir(parents=True)
    for name, mode in (("", 0o1777), ("toy/inbound", 0o2733), ("toy/feedback", 0o711)):
        (place / "exchange" / name).chmod(mode)
    yield place
    shutil.rmtree(place)


def told(place, **options):
    coursedir = CourseDirectory(root=str(place / "course"), course_id="toy", **options)
    return "\n".join(access.told_access(coursedir, str(place / "exchange")))


def test_nothing_is_said_where_all_is_well(place):
    assert told(place) == ""
    (place / "course").chmod(0o2770)
    assert told(place, groupshared=True) == ""


def test_a_folder_without_a_course_is_nobodys_business(place):
    (place / "course").chmod(0o777)
    shutil.rmtree(place / "course" / "source")
    assert told(place) == ""


@pytest.mark.parametrize(
    ("path", "mode", "said", "remedy"),
    [
        ("course", 0o755, "every account of this machine can read source, submitted, ", "chmod o="),
        ("exchange", 0o777, "put another folder in the place of a course", "chmod +t"),
        ("exchange/toy", 0o777, "put other folders in the place of", "chmod o-w"),
        ("exchange/toy/outbound", 0o777, "change what is handed out", "chmod o-w"),
        ("exchange/toy/inbound", 0o777, "see who handed in", "chmod o-r"),
        ("exchange/toy/feedback", 0o755, "read everybody's pages", "chmod o-rw"),
        ("", 0o777, "can rename what is in", "chmod o-w"),
    ],
)
def test_what_is_open_is_told_with_its_remedy(place, path, mode, said, remedy):
    (place / path).chmod(mode)
    first, second = told(place).splitlines()
    assert said in first and second.strip() == f"{remedy} {place / path}"


def test_what_lies_elsewhere_and_what_can_be_written(place):
    (place / "course").chmod(0o711)
    (place / "course" / "gradebook.db").chmod(0o666)
    for name in ("source", "submitted", "autograded", "feedback"):
        (place / "course" / name).chmod(0o700)
    assert "can write gradebook.db in" in told(place)
    (place / "elsewhere.db").touch()
    said = told(place, db_url=f"sqlite:///{place}/elsewhere.db?timeout=60")
    assert f"can read {place}/elsewhere.db" in said


def test_the_digits_of_the_hidden_tests(place, monkeypatch):
    monkeypatch.setattr(access, "UNSEEN", place)
    assert "the digits of the hidden tests" in told(place)


def test_groups(place, monkeypatch):
    """Of a group the others are named; one that may write is taken for those who teach."""
    (place / "course").chmod(0o750)
    monkeypatch.setattr(access, "_others_in", lambda group, owner: ["ada", "ben"])
    group = grp.getgrgid(os.getgid()).gr_name
    assert f"the group {group} (ada, ben) can read source" in told(place)
    monkeypatch.setattr(access, "_others_in", lambda group, owner: [])
    assert told(place) == ""
    (place / "course").chmod(0o770)
    said = told(place)
    assert "isn't the group's" in said and "chmod g+s" in said
    assert "c.CourseDirectory.groupshared = True" in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_above_of_somebody_elses(place):
    os.chown(place, OTHER, -1)
    assert f"belongs to an account without a name ({OTHER})" in told(place)
