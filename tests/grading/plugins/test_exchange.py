"""Handing in, collecting and giving back through nbgrader's exchange, with dishonest students."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest
import toy
from nbgrader.utils import notebook_hash
from toy import GOOD

from grading.plugins import late

MINE, OTHER = os.getuid(), 4711  # numbers of accounts
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SETTINGS = """
c.LatePolicy.share_per_day = 1 / 3
c.ExchangeCollect.check_owner = False
"""


class Exchange(toy.Toy):
    """A course whose assignment is released in an exchange."""

    def __init__(self, folder):
        self.inbound = folder / "exchange" / "toy" / "inbound"
        (folder / "exchange").mkdir()
        (folder / "exchange").chmod(0o777)
        places = {"root": folder / "exchange", "cache": folder / "cache"}
        lines = [f'c.Exchange.{name} = "{place}"\n' for name, place in places.items()]
        super().__init__(folder / "course", "".join([SETTINGS, *lines]))
        self.run("release_assignment", "toy")

    def due(self, when):
        with self.gradebook() as gradebook:
            gradebook.find_assignment("toy").duedate = when
            gradebook.db.commit()

    def submit(self, student):
        """Hands in what is in the student's folder; returns the folder in the exchange."""
        before = set(self.inbound.iterdir())
        home = self.root / "home" / student
        (home / "toy").mkdir(parents=True, exist_ok=True)
        self.hand_in_cells(student, GOOD)
        os.replace(self.submitted(student) / "toy.ipynb", home / "toy" / "toy.ipynb")
        self.submitted(student).rmdir()
        self.run("submit", "toy", f"--student={student}", f"--Exchange.assignment_dir={home}")
        [made] = set(self.inbound.iterdir()) - before
        return made

    def came_in(self, student):
        text = (self.submitted(student) / "timestamp.txt").read_text()
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f UTC")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return Exchange(tmp_path_factory.mktemp("exchange"))


@pytest.fixture
def exchange(released):
    """The exchange, and nothing handed in yet."""
    folders = [released.root / name for name in ("submitted", "autograded", "feedback", "home")]
    for folder in (*folders, *released.inbound.iterdir()):
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
    released.due(None)
    return released


def now():
    return datetime.now(UTC).replace(tzinfo=None)


def back_date(folder):
    """What a student can do to look early: the folder's name, the stamp in it, the files' times."""
    name = folder.name.split("+")
    name[2] = f"{now() - 2 * DAY} UTC"
    (folder / "timestamp.txt").write_text(name[2])
    early = time.time() - 2 * DAY.total_seconds()
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (early, early))
    return folder.rename(folder.with_name("+".join(name)))


def test_a_forged_time_is_noticed_and_costs_what_the_true_one_does(exchange):
    honest, forged = exchange.submit("honest"), back_date(exchange.submit("forger"))
    exchange.due(now() - 60 * MINUTE)
    said = exchange.run("collect", "toy")
    assert f"{forged.name} was changed at" in said and f"{honest.name} was" not in said
    assert str(exchange.came_in("honest")) in honest.name
    assert abs(exchange.came_in("forger") - now()) < 2 * MINUTE
    exchange.run("autograde", "toy")
    with exchange.gradebook() as gradebook:
        for student in ("honest", "forger"):
            submission = gradebook.find_submission("toy", student)
            assert (submission.score, submission.late_submission_penalty) == (9, 3)


def test_a_stamp_of_the_students_own_is_replaced(exchange):
    for student in ("file", "folder", "read-only"):
        stamp = exchange.submit(student) / "timestamp.txt"
        stamp.write_text("2020-01-01 00:00:00 UTC")
        if student == "folder":
            stamp.unlink()
            stamp.mkdir()
        stamp.chmod(0o500)
    exchange.run("collect", "toy")
    for student in ("file", "folder", "read-only"):
        assert abs(exchange.came_in(student) - now()) < 2 * MINUTE


def test_the_latest_is_what_came_in_last(exchange):
    exchange.submit("ada")
    last = exchange.submit("ada")
    (last / "last.txt").touch()
    back_date(last)
    exchange.due(now() - 60 * MINUTE)
    exchange.run("collect", "toy", "--before-duedate")  # nothing came in before it
    assert (exchange.submitted("ada") / "last.txt").exists()
    assert now() - exchange.came_in("ada") < 2 * MINUTE


@pytest.mark.parametrize("clock", ["filesystem", "student"])
def test_a_year_of_any_kind_is_no_way_to_be_early(exchange, clock):
    """In the folder's name; a year before the first and one after the last have no calendar."""
    years = {"first": "0001-01-01 00:00:00", "last": "9999-12-31 23:59:59.9", "none": "99999-01-01"}
    for student, year in years.items():
        folder = exchange.submit(student)
        folder.rename(folder.with_name(f"{student}+toy+{year} UTC+x"))
    exchange.run("collect", "toy", f"--Collect.clock={clock}")
    for student in years:
        assert abs(exchange.came_in(student) - now()) < 2 * MINUTE


def test_an_exchange_restored_from_a_backup_is_believed_when_asked_to(exchange):
    back_date(exchange.submit("ada"))
    exchange.run("collect", "toy", "--Collect.clock=student")
    assert abs(exchange.came_in("ada") + 2 * DAY - now()) < 2 * MINUTE


def test_what_submit_cannot_have_made_stops_nobody(exchange):
    source = exchange.root / "source" / "toy"
    for student in ("link", "pipe", "date"):
        folder = exchange.submit(student)
        if student == "link":
            (folder / "answers.ipynb").symlink_to(source / "toy.ipynb")
        elif student == "pipe":
            os.mkfifo(folder / "pipe")
        elif student == "date":
            folder.rename(folder.with_name("date+toy+rubbish+x"))
    (exchange.inbound / f"source+toy+{now()} UTC+x").symlink_to(source)
    exchange.submit("honest")
    said = exchange.run("collect", "toy")
    collected = {path.name for path in (exchange.root / "submitted").iterdir()}
    assert collected == {"honest", "date", "link", "pipe"}
    for student in ("link", "pipe", "source"):
        assert not (exchange.root / "submitted" / student / "toy").exists()
        assert f"Not collected: '{student}+toy+" in said


def test_feedback_comes_back(exchange):
    exchange.submit("ada")
    for command in ("collect", "autograde", "generate_feedback", "release_feedback"):
        exchange.run(command, "toy")
    home = exchange.root / "home" / "ada"
    exchange.run("fetch_feedback", "toy", f"--Exchange.assignment_dir={home}")
    [page] = (home / "toy").rglob("*.html")
    assert "Toy" in page.read_text()
    with exchange.gradebook() as gradebook:
        gradebook.find_grade("test-double", "toy", "toy", "ada").manual_score = 2
        gradebook.db.commit()
    said = exchange.run("release_feedback", "toy")
    assert "The grade of ada has changed since this page was made: please run `nbgrader " in said


def test_of_two_with_one_secret_no_page_takes_the_others_place(exchange):
    """What one of them can have from the other: a folder, or the whole of a submission."""
    made = {student: exchange.submit(student) for student in ("ada", "eve", "honest")}
    shutil.copy(made["ada"] / "submission_secret.txt", made["eve"])
    exchange.run("collect", "toy")
    exchange.nbgrader_here("autograde", "toy", "--no-execute")
    exchange.run("generate_feedback", "toy")
    said = exchange.run("release_feedback", "toy")
    released = list((exchange.inbound.parent / "feedback").glob("*.html"))
    assert "Released the feedback on toy for honest" in said and "for ada" not in said
    assert "the same secret as eve, so ada has to get this page from you" in said
    assert "the same secret as ada, so eve has to get this page from you" in said
    secret = (made["ada"] / "submission_secret.txt").read_text()
    assert f"{notebook_hash(secret=secret, notebook_id='toy')}.html" not in {
        p.name for p in released
    }


def test_what_cannot_be_collected_stops_nobody_and_an_earlier_one_counts(exchange):
    """Links, ids that are none, too long paths, files without weight, a name in the way."""
    first, second = exchange.submit("link"), exchange.submit("link")
    (second / "answers").symlink_to(exchange.root / "source")
    for name in ("*", "..", "-rf", "=cmd()", "a\nb", "\x1b[2J", "x\u202ey", "n" * 150, "\udcff"):
        (exchange.inbound / f"{name}+toy+2026-11-01 10:00:00 UTC+x").mkdir()
    sparse = exchange.submit("sparse")
    for n in range(3):
        with open(sparse / f"{n}.bin", "wb") as file:
            file.truncate(60_000_000)
    deep = os.open(exchange.submit("deep"), os.O_RDONLY)
    for _ in range(150):
        os.mkdir("deep" * 8, dir_fd=deep)
        below = os.open("deep" * 8, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    exchange.submit("in-the-way")
    (exchange.root / "submitted" / "in-the-way").rmdir()
    (exchange.root / "submitted" / "in-the-way").write_text("a file")
    exchange.submit("honest")
    said = exchange.run("collect", "toy")
    collected = {path.parent.name for path in exchange.root.glob("submitted/*/toy")}
    assert collected == {"deep", "honest", "link", "sparse"}
    assert (exchange.submitted("link") / "timestamp.txt").exists() and first.exists()
    assert not (exchange.submitted("link") / "answers").exists()
    assert sum(path.stat().st_size for path in exchange.submitted("sparse").iterdir()) < 70_000_000
    for told in (
        "'*'",
        "'..'",
        r"'a b'",
        r"'\x1b[2J'",
        r"'x\u202ey'",
        r"'\udcff'",
        "'-rf'",
        "'=cmd()'",
    ):
        assert f"Left out: {told} is no student's id." in said
    assert "Not collected: 'in-the-way+toy+" in said and "Not collected: 'link+toy+" in said


def test_a_submission_in_somebody_elses_name_is_refused(exchange, monkeypatch):
    """The files are root's, or this account's; the latest own one of each student is collected."""
    monkeypatch.setattr(late, "_account", lambda owner: {MINE: "ada", OTHER: "eve"}[owner])
    exchange.submit("ada")
    forged = exchange.submit("ada")
    (forged / "forged.txt").touch()
    exchange.submit("bob")
    status = os.stat

    def of_eve(path, **options):
        found = status(path, **options)
        return os.stat_result([*found[:4], OTHER, *found[5:]]) if path == "forged.txt" else found

    monkeypatch.setattr(os, "stat", of_eve)
    said = exchange.run("collect", "toy", "--ExchangeCollect.check_owner=True")
    assert {path.parent.name for path in exchange.root.glob("submitted/*/toy")} == {"ada"}
    assert not (exchange.submitted("ada") / "forged.txt").exists()
    assert f"Not collected: '{forged.name}'. It claims to be ada's, but it, or a part of it" in said
    assert "is owned by eve. " in said and "It claims to be bob's" in said


def test_what_grading_makes_is_for_nobody_else(exchange):
    """Whatever the umask; a group that may write the course's folder has what its owner has."""
    exchange.submit("ada")
    loose = exchange.root / "downloaded" / "toy" / "archive"
    loose.mkdir(parents=True)
    shutil.copy(exchange.root / "home" / "ada" / "toy" / "toy.ipynb", loose / "toy_ben.ipynb")
    pattern = r".*/(?P<file_id>[^/]+)_(?P<student_id>[a-z]+)\.ipynb"
    files = [exchange.root / name for name in ("gradebook.db", "grades.csv")]

    def made_by(*commands):
        """The files and folders that these commands make anew."""
        folders = ["submitted", "feedback", "downloaded/toy/extracted"]
        for name in folders:
            shutil.rmtree(exchange.root / name, ignore_errors=True)
        exchange.run("collect", "toy")
        exchange.run("zip_collect", "toy", f"--FileNameCollectorPlugin.named_regexp={pattern}")
        for command in commands:
            exchange.run(command, "toy")
        exchange.run("export")
        folders += ["autograded"] * ("autograde" in commands)  # the slow step
        made = [path for name in folders for path in (exchange.root / name).rglob("*")]
        assert {path.name for path in made} > {"ada", "ben", "timestamp.txt"}
        return {path: path.stat().st_mode & 0o777 for path in (*made, *files)}

    exchange.root.chmod(0o755)
    files[0].unlink()
    exchange.run("generate_assignment", "toy", "--force")
    made = made_by("autograde", "generate_feedback", "release_feedback")
    assert not [path for path, mode in made.items() if mode & 0o077]
    released = list((exchange.inbound.parent / "feedback").glob("*.html"))  # behind their names
    assert {path.stat().st_mode & 0o777 for path in released} == {0o644}

    exchange.root.chmod(0o2770)
    for file in files:
        file.rename(f"{file}.private")
    exchange.run("generate_assignment", "toy", "--force")
    made = made_by()
    assert not [path for path, mode in made.items() if mode != mode & 0o700 | (mode & 0o700) >> 3]
