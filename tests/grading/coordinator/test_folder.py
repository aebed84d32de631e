"""What was handed in is copied without following a link, within limits, and stays as it was."""

import os
import zipfile
from datetime import datetime

import pytest
from nbgrader.coursedir import CourseDirectory

from grading.coordinator import folder
from grading.coordinator.inbox import Inbox


@pytest.fixture
def course(tmp_path):
    (tmp_path / "submitted").mkdir(exist_ok=True)
    return CourseDirectory(root=str(tmp_path), assignment_id="toy")


@pytest.fixture
def handed_in(tmp_path):
    """A student's folder."""
    path = tmp_path / "submitted" / "ada" / "toy"
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def taken(course, handed_in):
    """Takes what is in the folder: (`Taken`, what the copy holds by its paths)."""

    def take():
        inbox = Inbox(course)
        before = everything(handed_in)
        with inbox.in_place():
            found = inbox.take("ada")
            copy = inbox.folder("ada")
            files = {str(p.relative_to(copy)): p for p in copy.rglob("*") if p.is_file()}
            copied = {name: path.read_bytes() for name, path in files.items()}
            assert not any(path.is_symlink() for path in copy.rglob("*"))
            assert inbox.digest("ada") == Inbox(course).digest("ada") == found.digest
        assert everything(handed_in) == before
        assert not list(handed_in.parents[2].glob(".handed-in-*"))
        return found, copied

    return take


def everything(path):
    """All that is in a folder, by names, kinds and times."""
    return [(root, files, os.lstat(root).st_mtime_ns) for root, _, files in os.walk(path)]


def test_plain_files_and_folders_are_copied(handed_in, taken):
    (handed_in / "a" / "b").mkdir(parents=True)
    (handed_in / "toy.ipynb").write_text("{}")
    (handed_in / "a" / "b" / "data.csv").write_bytes(
        b"1,2" + bytes(3 << 20) + b"3" + bytes(1 << 20)
    )
    (handed_in / "__pycache__").mkdir()
    (handed_in / "__pycache__" / "x.py").write_text("")
    found, copied = taken()
    assert set(copied) == {"toy.ipynb", "a/b/data.csv"} and not found.left_out and not found.told
    assert copied["a/b/data.csv"] == (handed_in / "a" / "b" / "data.csv").read_bytes()


def test_a_hole_is_copied_as_a_hole(handed_in, course):
    with open(handed_in / "toy.ipynb", "wb") as file:
        file.truncate(200 << 20)
    inbox = Inbox(course)
    with inbox.in_place():
        inbox.take("ada")
        status = (inbox.folder("ada") / "toy.ipynb").stat()
    assert status.st_size == 200 << 20 and status.st_blocks * 512 < 1 << 20


@pytest.mark.parametrize("what", ["student", "assignment", "nowhere", "file"])
def test_what_is_no_folder_of_the_students_own_is_refused(course, tmp_path, what):
    (tmp_path / "neighbour" / "toy").mkdir(parents=True)
    (tmp_path / "neighbour" / "toy" / "toy.ipynb").write_text("the neighbour's")
    ada = tmp_path / "submitted" / "ada"
    if what == "student":
        ada.symlink_to(tmp_path / "neighbour")
    else:
        ada.mkdir()
        places = {"assignment": tmp_path / "neighbour" / "toy", "nowhere": tmp_path / "nowhere"}
        if what == "file":
            (ada / "toy").write_text("")
        else:
            (ada / "toy").symlink_to(places[what])
    inbox = Inbox(course)
    assert inbox.students("*") == ["ada"]
    with inbox.in_place():
        found = inbox.take("ada")
        assert not inbox.folder("ada").exists()
    why = "is no folder" if what == "file" else "is a link"
    assert (found.problem, found.files) == (f"What was handed in {why}.", {})


def test_links_and_special_files_stay_out(handed_in, taken, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "book.db").write_text("secret")
    (handed_in / "folder").symlink_to(tmp_path / "secret")
    (handed_in / "book.db").symlink_to(tmp_path / "secret" / "book.db")
    (handed_in / "loop").symlink_to("loop")
    os.mkfifo(handed_in / "pipe")
    found, copied = taken()
    assert not copied
    assert found.left_out == {
        **dict.fromkeys(("book.db", "folder", "loop"), "is a link"),
        "pipe": "is no plain file",
    }
    assert found.told.startswith("Left out of what was handed in: 'book.db' is a link, 'folder'")


def test_a_link_in_the_place_of_a_folder_is_not_followed(handed_in, tmp_path, monkeypatch):
    """Also where it is put there between the look at it and the way into it."""
    (handed_in / "d").mkdir()
    (tmp_path / "secret").write_text("secret")
    look = os.stat

    def looked(name, **options):
        found = look(name, **options)
        if name == "d":
            (handed_in / "d").rmdir()
            (handed_in / "d").symlink_to(tmp_path)
            monkeypatch.setattr(os, "stat", look)
        return found

    monkeypatch.setattr(os, "stat", looked)
    with folder.opened(handed_in) as place:
        found = folder.take(place, tmp_path / "copy", folder.ignoring([]))
    assert found.left_out == {"d": "is a link"} and not found.files


def test_depth_number_and_sizes_have_limits(handed_in, taken, monkeypatch):
    monkeypatch.setattr(folder, "MOST_FILES", 5)
    monkeypatch.setattr(folder, "BESIDE_IN_ALL", 1000)
    monkeypatch.setattr(folder, "LARGEST", 5000)
    monkeypatch.setattr(folder, "NOTEBOOKS_IN_ALL", 9000)
    for name, size in (("a", 600), ("b", 600), ("c", 400), ("z.ipynb", 4000), ("y.ipynb", 5001)):
        (handed_in / name).write_bytes(b"x" * size)
    with open(handed_in / "x.ipynb", "wb") as file:
        file.truncate(5000)
    with open(handed_in / "w.zip", "wb") as file:
        file.truncate(200)
    (handed_in / "/".join(["d"] * 12)).mkdir(parents=True)
    found, copied = taken()
    assert set(copied) == {"w.zip", "x.ipynb", "a", "c"}
    assert {name: why.split(":")[0] for name, why in found.left_out.items()} == {
        "y.ipynb": "is larger than 0 MiB",
        "z.ipynb": "is too large beside the other notebooks",
        "b": "is too large",
        "/".join(["d"] * 11): "lies more than 10 folders deep",
    }
    for n in range(4):
        (handed_in / "d" / f"{n}").touch()
    found, copied = taken()
    assert len(copied) == folder.MOST_FILES
    assert "and what follows are more than 5 files" in found.told


def test_names_are_copied_as_they_can_be_shown(handed_in, taken):
    names = (b"a\nb\x1b[2J.ipynb", b"\xff\xfe.txt", b"\xe2\x80\xae.txt", b"-rf", b"n" * 255)
    for name in (*names, "Übung 1 – é.csv".encode(), b"a_b_[2J.ipynb"):
        with open(os.path.join(os.fsencode(handed_in), name), "wb"):
            pass
    found, copied = taken()
    shown = {"a_b_[2J.ipynb", "__.txt", "_.txt", "-rf", "n" * 255, "Übung 1 – é.csv"}
    assert set(copied) == shown
    assert found.left_out == {"a_b_[2J.ipynb": "has the name of another file"}


STAMPS = {
    "2026-11-01 10:00:00 UTC": datetime(2026, 11, 1, 10),
    "2026-11-01 10:00:00.5 CET": datetime(2026, 11, 1, 9, 0, 0, 500_000),
    "0001-01-01 00:00:00 UTC": None,
    "9999-12-31 23:59:59 UTC": None,
    "9999-12-31 23:59:59 -99999999999": None,
    "yesterday": None,
    "": None,
    "1" * 2000: None,
}


@pytest.mark.parametrize("said", STAMPS)
def test_a_time_stamp_says_when_or_nothing(handed_in, taken, said):
    (handed_in / "timestamp.txt").write_text(said)
    found, copied = taken()
    assert found.stamp == STAMPS[said]
    assert set(copied) == ({"timestamp.txt"} if found.stamp else set())
    assert ("timestamp.txt" in found.left_out) == (found.stamp is None)


def test_what_cannot_be_read_is_told(handed_in, taken, course):
    (handed_in / "closed").mkdir()
    (handed_in / "closed.txt").write_text("")
    (handed_in / "open.txt").write_text("")
    for name in ("closed", "closed.txt"):
        (handed_in / name).chmod(0)
    try:
        found, copied = taken()
    finally:
        (handed_in / "closed").chmod(0o700)
    if os.geteuid():  # root reads everything
        told = "cannot be read (Permission denied)"
        assert found.left_out == {"closed": told, "closed.txt": told}
    assert "open.txt" in copied
    (handed_in / "gone").mkdir()
    assert Inbox(course).take("nobody").problem.startswith("What was handed in cannot be read (No")


def test_an_unpacked_zip_with_links_is_no_way_out(handed_in, taken, tmp_path):
    """As `unzip` makes it: a link, and a file that would be written through it."""
    (tmp_path / "secret").write_text("secret")
    with zipfile.ZipFile(handed_in / "homework.zip", "w") as packed:
        packed.writestr("toy.ipynb", "{}")
    (handed_in / "homework").mkdir()
    (handed_in / "homework" / "toy.ipynb").symlink_to(tmp_path / "secret")
    found, copied = taken()
    assert set(copied) == {"homework.zip"} and found.left_out == {"homework/toy.ipynb": "is a link"}
