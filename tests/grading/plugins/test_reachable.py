"""An exchange that is missing, closed or somebody else's, for an instructor without rights."""

import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from toy import Toy

if sys.platform != "linux":
    pytest.skip("other accounts are made of user namespaces", allow_module_level=True)

from unprivileged import unprivileged

from grading.plugins import exchange as plugin
from grading.sandbox.forkserver import server

OTHER = 4711  # an account's number
COLLECT, LIST, INBOUND = ("collect", "toy"), ("list",), ("list", "--inbound")
RELEASE, FEEDBACK, FETCH = (
    (f"{word}", "toy") for word in ("release_assignment", "release_feedback", "fetch_assignment")
)
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to other accounts")


@pytest.fixture(scope="module")
def course():
    """A course and its exchange, in a folder that everybody can enter."""
    place = Path(tempfile.mkdtemp())  # pytest's own are closed
    place.chmod(0o755)
    settings = f'c.Exchange.root = "{place}/exchange"\nc.Exchange.cache = "{place}/cache"\n'
    yield Toy(place / "course", settings)
    shutil.rmtree(place)


@pytest.fixture
def exchange(course):
    """The exchange's folder, which isn't there yet."""
    place = course.root.parent / "exchange"
    yield place
    course.root.parent.chmod(0o755)
    shutil.rmtree(place, ignore_errors=True)


def made(exchange, released=True):
    """The exchange, open to all, with a course where an assignment was `released`."""
    exchange.mkdir()
    exchange.chmod(0o1777)
    folders = ("outbound/toy", "inbound", "feedback") if released else ()
    for name in folders:
        (exchange / "toy" / name).mkdir(parents=True)
    return exchange / "toy"


def given_away(folder, mode):
    """Makes a folder and what is in it another account's."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OTHER, OTHER)
        path.chmod(mode)


def contents(folder):
    """What is in a folder, but for the lock of a command that was at work there."""
    found = (path for path in folder.rglob("*") if path.name != ".nbgrader-lock")
    return {path: (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in found}


def said(course, command, before=lambda: None):
    """What a command says that fails and changes nothing."""
    place = course.root.parent
    found = contents(place)
    told = unprivileged(lambda: f"done: {course.nbgrader_here(*command)}", before)
    assert not told.startswith("done") and "Traceback" not in told, told
    assert contents(place) == found
    return told


@pytest.mark.parametrize("command", [COLLECT, RELEASE, FEEDBACK, LIST, FETCH], ids=lambda c: c[0])
def test_one_that_is_not_there(course, exchange, command):
    course.root.parent.chmod(0o555)
    told = said(course, command)
    assert f"There is no exchange at {exchange}" in told
    assert f"`mkdir -p {exchange} && chmod 1777 {exchange}`" in told and "c.Exchange.root" in told


@needs_root
@pytest.mark.parametrize("command", [COLLECT, RELEASE, FEEDBACK, LIST, FETCH], ids=lambda c: c[0])
def test_one_that_is_read_only(course, exchange, command):
    made(exchange)
    given_away(exchange, 0o755)
    told = said(course, command)
    assert f"daemon can't {'open' if command == RELEASE else 'write'} to" in told
    assert f"{exchange}, which belongs to" in told and "(drwxr-xr-x)" in told
    assert f"`chmod 1777 {exchange}`" in told


@needs_root
@pytest.mark.parametrize(
    ("command", "what", "next_step"),
    [
        (RELEASE, "toy belongs to", "c.CourseDirectory.groupshared = True"),
        (FEEDBACK, "toy/feedback belongs to", "c.CourseDirectory.groupshared = True"),
        (COLLECT, "can't read {}/inbound, which belongs to", "`chmod g+rx {}/inbound`"),
        (INBOUND, "can't read {}/inbound, which belongs to", "`chmod g+rx {}/inbound`"),
    ],
    ids=lambda c: c[0] if isinstance(c, tuple) else "",
)
def test_a_course_of_somebody_elses(course, exchange, command, what, next_step):
    folder = made(exchange)
    given_away(folder, 0o733)
    told = said(course, command)
    assert what.format(folder) in told and next_step.format(folder) in told, told


@needs_root
def test_one_of_a_group_that_may_not_write(course, exchange):
    folder = made(exchange)
    given_away(folder, 0o755)
    for command in (RELEASE, FEEDBACK):
        told = said(course, (*command, "--CourseDirectory.groupshared=True"))
        assert f"can't write to {folder}/" in told and "`chmod g+wx " in told


def test_one_on_a_disk_for_reading_only(course, exchange):
    made(exchange)

    def mounted():
        server.mount(str(exchange), str(exchange), flags=server.BIND)
        read_only = server.REMOUNT | server.BIND | server.READ_ONLY
        server.mount(None, str(exchange), flags=read_only)

    for command in (RELEASE, COLLECT):
        assert "is mounted for reading only" in said(course, command, mounted)


def test_a_course_that_nobody_has_released_to(course, exchange):
    made(exchange, released=False)
    told = said(course, COLLECT)
    assert "There is no course 'toy'" in told and "`nbgrader release_assignment`" in told


def test_what_can_be_done_is_done(course, exchange):
    assert "Released as: toy toy" in unprivileged(lambda: course.run(*RELEASE))  # makes it
    assert sorted(path.name for path in (exchange / "toy/outbound").iterdir()) == ["toy"]
    for command in (LIST, INBOUND, COLLECT):
        unprivileged(lambda command=command: course.run(*command))
    again = unprivileged(lambda: course.run(*RELEASE))
    assert "Destination already exists, add --force" in again


def test_a_full_disk_leaves_the_version_that_was_there(course, exchange, monkeypatch):
    course.run(*RELEASE)
    before = contents(exchange / "toy/outbound/toy")

    def full(self, source, there):
        shutil.copytree(source, there)
        raise OSError(errno.ENOSPC, "No space left on device", there)

    monkeypatch.setattr(plugin.ReleaseAssignment, "do_copy", full)
    with pytest.raises(AssertionError, match="could not be used to the end: .*No space left"):
        course.run(*RELEASE, "--force")
    assert contents(exchange / "toy/outbound/toy") == before
    assert len(list((exchange / "toy/outbound").iterdir())) == 1
    monkeypatch.undo()
    course.run(*RELEASE, "--force")
    assert contents(exchange / "toy/outbound/toy") != before
