"""Collecting what a learning system gives to download, with what students can put into it."""

import io
import json
import logging
import tarfile
import zipfile

import pytest
from nbformat.v4 import new_notebook
from nbgrader.coursedir import CourseDirectory

from grading.plugins import archives, typed

NOTEBOOK = json.dumps(new_notebook())
PATTERN = r".*/(?P<student_id>[^/]+?)_(?P<timestamp>[-0-9: ]*)_(?P<file_id>[^/]+)\.ipynb"
LINK = 0o120777 << 16


@pytest.fixture
def course(tmp_path):
    """A course in which a file can be downloaded, and `collect` runs the command's steps."""
    typed.install()
    (tmp_path / "release" / "toy").mkdir(parents=True)
    (tmp_path / "release" / "toy" / "toy.ipynb").write_text(NOTEBOOK)
    (tmp_path / "downloaded" / "toy" / "archive").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def collect(course, caplog):
    def run():
        app = typed.ZipCollectApp(extractor_plugin=archives.Extractor)
        app.collector_plugin = archives.Collector
        app.config.Collector.named_regexp = PATTERN
        app.coursedir = CourseDirectory(root=str(course), assignment_id="toy")
        app.log = logging.getLogger("collect")
        app.init_plugins()
        app.extract_archive_files()
        app.process_extracted_files()
        return caplog.text

    return run


def downloaded(course, name, members):
    """Writes a zip as a learning system makes it."""
    with zipfile.ZipFile(course / "downloaded" / "toy" / "archive" / name, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)


def collected(course):
    files = course.glob("submitted/*/toy/*")
    return {str(path.relative_to(course / "submitted")) for path in files}


def zipped(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def test_ids_names_and_times_that_are_none_stop_nobody(course, collect):
    odd = ["..", "=cmd()", "-rf", "a b", "x\u202ey", "\x1b[2J"]
    members = {f"{name}_2026-11-01 10:00_toy.ipynb": NOTEBOOK for name in odd}
    members |= {
        "ada@example.org_2026-11-01 10:00_toy.ipynb": NOTEBOOK,
        "never_99999_toy.ipynb": NOTEBOOK,
        "twice__toy.ipynb": NOTEBOOK,
        "folder/twice__toy.ipynb": NOTEBOOK,
        "long_2026-11-01 10:00_" + "n" * 250 + ".ipynb": NOTEBOOK,
        "../up_2026-11-01 10:00_toy.ipynb": NOTEBOOK,
    }
    downloaded(course, "class.zip", members)
    said = collect()
    assert collected(course) == {
        *("ada@example.org/toy/toy.ipynb", "ada@example.org/toy/timestamp.txt"),
        *("never/toy/toy.ipynb", "twice/toy/toy.ipynb"),
    }
    assert "Left out: '=cmd()' is no student's id." in said and "is there twice" in said
    assert "leads out of the archive" in said and "\u202e" not in said and "\x1b" not in said


def test_a_students_archive_that_is_damaged_or_without_end_stops_nobody(course, collect):
    good = {"toy.ipynb": NOTEBOOK}
    link = zipfile.ZipInfo("eve_2026-11-01 10:00_toy.ipynb")
    link.external_attr = LINK
    nested = zipped(good)
    for _ in range(5):
        nested = zipped({"more.zip": nested})
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as packed:
        for name, kind in (
            ("tar_2026-11-01 10:00_toy.ipynb", tarfile.SYMTYPE),
            ("p", tarfile.FIFOTYPE),
        ):
            one = tarfile.TarInfo(name)
            one.type, one.linkname = kind, "/etc/passwd"
            packed.addfile(one)
    downloaded(
        course,
        "class.zip",
        {
            "a.zip": b"PK\3\4",
            "b.gz": b"no archive",
            "c.tar.gz": tar.getvalue(),
            "d.zip": nested,
            "e.zip": zipped({f"{n}": "" for n in range(archives.MOST_MEMBERS + 5)}),
            link: "/etc/passwd",
            "zip_2026-11-01 10:00.zip": zipped({"bob_2026-11-01 10:00_toy.ipynb": NOTEBOOK}),
            "ada_2026-11-01 10:00_toy.ipynb": NOTEBOOK,
        },
    )
    (course / "downloaded" / "toy" / "archive" / "mine_2026-11-01 10:00_toy.ipynb").symlink_to("x")
    said = collect()
    assert {path.split("/")[0] for path in collected(course)} == {"ada", "bob"}
    extracted = course / "downloaded" / "toy" / "extracted"
    assert not any(path.is_symlink() for path in extracted.rglob("*"))
    assert len(list((extracted / "class" / "e").iterdir())) == archives.MOST_MEMBERS
    assert len(list(extracted.rglob("more.zip"))) == 1
    for name in ("a.zip", "b.gz", "eve_", "tar_", "mine_"):
        assert any(name in line and "Left out: " in line for line in said.splitlines()), name


def test_what_a_bomb_unpacks_to_is_not_written(course, collect, monkeypatch):
    monkeypatch.setattr(archives, "NOTEBOOKS_IN_ALL", 1 << 20)
    bomb = zipped({"bomb.bin": bytes(3 << 20)})
    downloaded(course, "class.zip", {"a.zip": bomb, "ada_2026-11-01 10:00_toy.ipynb": NOTEBOOK})
    assert "bomb.bin in" in collect() and "ada/toy/toy.ipynb" in collected(course)
    assert not list(course.rglob("bomb.bin"))


def test_a_folder_in_the_way_is_that_students(course, collect):
    (course / "submitted").mkdir()
    (course / "submitted" / "ada").write_text("a file")
    names = ("ada", "bob")
    downloaded(course, "c.zip", {f"{n}_2026-11-01 10:00_toy.ipynb": NOTEBOOK for n in names})
    assert "Not collected from ada: " in collect()
    assert "bob/toy/toy.ipynb" in collected(course)
    assert (course / "submitted" / "ada").read_text() == "a file"


def test_a_member_that_is_encrypted_or_damaged_costs_those_after_it_nothing(course, collect):
    path = course / "downloaded" / "toy" / "archive" / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("ada", "encrypted", "damaged", "zoe"):
            archive.writestr(f"{name}_2026-11-01 10:00_toy.ipynb", NOTEBOOK + name)
        archive.infolist()[1].flag_bits |= 1
    path.write_bytes(path.read_bytes().replace(b"}damaged", b"}DAMAGED"))
    said = collect()
    files = {file for file in collected(course) if file.endswith(".ipynb")}
    assert files == {"ada/toy/toy.ipynb", "zoe/toy/toy.ipynb"}
    for name in ("encrypted", "damaged"):
        lines = [line for line in said.splitlines() if f"Left out: '{name}_" in line]
        assert len(lines) == 1 and "cannot be unpacked (" in lines[0], said


def test_what_a_student_has_packed_is_of_that_student(course, collect):
    """Whatever its name says; where the system packs the class by groups, names say it."""
    own, forged = "ada_2026-11-01 10:00_work.ipynb", "ben_2026-11-02 10:00_toy.ipynb"
    members = {
        "ben_2026-11-01 10:00_toy.ipynb": NOTEBOOK,
        "ada_2026-11-01 10:00_work.zip": zipped({forged: "{}", own: NOTEBOOK}),
        "group 1.zip": zipped({"cem_2026-11-01 10:00_toy.ipynb": NOTEBOOK}),
    }
    downloaded(course, "class.zip", members)
    said = collect()
    assert (course / "submitted/ben/toy/toy.ipynb").read_text() == NOTEBOOK
    assert {path for path in collected(course) if path.endswith(".ipynb")} == {
        *("ada/toy/work.ipynb", "ben/toy/toy.ipynb", "cem/toy/toy.ipynb"),
    }
    assert "is of ada, and named as if it were of ben" in said
