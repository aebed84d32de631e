"""Learning systems: their lists into the gradebook, and back into their own files.

Each file here has the form that its system documents, with the sources named in the modules of
`grading/plugins/systems` and `grading/plugins/export`.
"""

import csv
import shutil
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path, PurePath

import pytest
from course import Course
from hypothesis import given, strategies as st
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grading.__main__ import main
from grading.plugins.systems.downloads import named
from grading.plugins.systems.enrol import enrol
from grading.plugins.systems.lists import students_in
from grading.plugins.systems.roster import Roster
from grading.plugins.systems.table import TableError, read

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,2-vae (4711),Final Score
    Points Possible,,,,,6,(read only)
"Lovelace, Ada",101,S1,ada,Monday,,
"Müller, Jr., Bruno",102,S2,bruno,Tuesday,,
"Twin, One",103,S3,twin,Monday,,
"Twin, Two",104,S4,twin,Monday,,
"Student, Test",999,,f00ba,Monday,,
"""
PARTICIPANTS = """First name,Last name,ID number,Email address,Groups
Ada,Lovelace,ada,ada@example.org,"Monday, A"
Bruno,Müller,bruno,bruno@example.org,Tuesday
"""
WORKSHEET = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 7,Ada Lovelace,ADA@example.org,Submitted for grading,,6,Yes,x,-,
Participant 8,Bruno Müller,bruno@example.org,No submission,,6,Yes,-,-,By hand.
Participant 9,Somebody Else,else@example.org,No submission,3,6,Yes,-,-,
"""
GERMAN = """ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Feedback als Kommentar
Teilnehmer/in 7,Ada Lovelace,ada@example.org,Zur Bewertung abgegeben,,6,
Teilnehmer/in 8,Bruno Müller,bruno@example.org,Keine Abgabe,,6,
"""
GRADESCOPE = """First Name,Last Name,SID,Email,Role,Sections
Ada,Lovelace,ada,ada@example.org,Student,A
Bruno,Müller,bruno,bruno@example.org,Student,B
Tim,Teacher,t,t@example.org,Instructor,
"""


class Graded(Course):
    """A course with one assignment of 6 points, for which ada has 5 less half a point."""

    def fill(self):
        with self.book() as book:
            book.add_assignment("2-vae")
            book.add_notebook("vae", "2-vae")
            book.add_grade_cell("test", "vae", "2-vae", max_score=6, cell_type="code")
            book.add_source_cell("test", "vae", "2-vae", cell_type="code")
            book.add_solution_cell("answer", "vae", "2-vae")
            book.add_source_cell("answer", "vae", "2-vae", cell_type="code")

    def book(self):
        return Gradebook(self.coursedir.db_url)

    @property
    def coursedir(self):
        root = str(self.root)
        return CourseDirectory(root=root, db_url=f"sqlite:///{root}/gradebook.db")

    def grade(self):
        with self.book() as book:
            book.add_submission("2-vae", "ada")
            grade = book.find_grade("test", "vae", "2-vae", "ada")
            grade.auto_score, grade.needs_manual_grade = 5, False
            work = book.find_submission_notebook("vae", "2-vae", "ada")
            work.late_submission_penalty = 0.5
            comment = book.find_comment("answer", "vae", "2-vae", "ada")
            comment.auto_comment = "=1+1 is <b>not</b>\nright."
            book.db.commit()

    def students(self):
        with self.book() as book:
            return {
                s.id: (s.first_name, s.last_name, s.email, s.lms_user_id) for s in book.students
            }

    def file(self, text, encoding="utf-8"):
        path = self.root / "list.csv"
        path.write_bytes(text.encode(encoding))
        return path

    def enrol(self, text, encoding="utf-8", **options):
        return enrol(self.coursedir, self.file(text, encoding), **options)

    def export(self, name, *options):
        out = self.root / "out"
        said = self.nbgrader_here(
            *("export", f"--exporter=grading.plugins.export.{name}", "--to=out", *options)
        )
        return out, said

    def download(self, members, name="submissions.zip"):
        folder = self.root / "downloaded" / "2-vae" / "archive"
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / name, "w") as archive:
            for member, text in members.items():
                archive.writestr(member, text)

    def collected(self):
        found = self.root.glob("submitted/*/2-vae/*.ipynb")
        root = self.root / "submitted"
        return {str(path.relative_to(root)): path.read_text() for path in found}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Making a gradebook takes longer than all that is done with it here."""
    course = Graded(tmp_path_factory.mktemp("made") / "course")
    course.fill()
    return course


@pytest.fixture
def course(made, tmp_path):
    root = tmp_path / "course"
    (root / "release").mkdir(parents=True)
    shutil.copytree(made.root / "release" / "2-vae", root / "release" / "2-vae")
    shutil.copy(made.root / "gradebook.db", root)
    return Graded(root, made.root / "source" / "2-vae")


def test_canvas_list_and_back(course):
    told = course.enrol(CANVAS)
    assert course.students() == {
        "ada": ("Ada", "Lovelace", None, "101"),
        "bruno": ("Jr., Bruno", "Müller", None, "102"),
    }
    assert told.new == ("ada", "bruno") and told.sections == {"Monday": 1, "Tuesday": 1}
    assert [why.split(":")[0] for why in told.left_out] == ["line 5", "line 6"]
    assert "shares 'twin' with another line" in str(told)

    course.grade()
    with course.file(CANVAS).open(newline="") as stream:
        titles = next(csv.reader(stream))[:5]
    rows = list(csv.reader(course.export("CanvasExporter")[0].open(newline="")))
    assert rows[0] == [*titles, "2-vae"] and rows[1][0] == "Points Possible"
    assert rows[2:] == [
        ["Lovelace, Ada", "101", "S1", "ada", "Monday", "4.5"],
        ["Müller, Jr., Bruno", "102", "S2", "bruno", "Tuesday", ""],
    ]
    rows = list(
        csv.reader(course.export("CanvasExporter", "--GradesExporter.section=Monday")[0].open())
    )
    assert [row[3] for row in rows[2:]] == ["ada"]


def test_lists_of_several_systems_are_of_the_same_students(course):
    course.enrol(PARTICIPANTS)
    told = course.enrol(GRADESCOPE)
    assert (told.new, told.known) == ((), ("ada", "bruno"))
    assert course.enrol(CANVAS).known == ("ada", "bruno")
    assert course.students()["bruno"] == ("Jr., Bruno", "Müller", "bruno@example.org", "102")
    roster = Roster.of(str(course.root))
    assert roster.id_of("ada", "Canvas", "SIS User ID") == "S1"
    assert roster.id_of("ada", "Gradescope", "Email") == "ada@example.org"
    assert roster.section_of("ada") == "Monday"
    assert (course.root / "roster.json").stat().st_mode & 0o007 == 0


def test_a_row_that_can_mean_two_students_changes_nobody(course):
    with course.book() as book:
        book.add_student("ada")
        book.add_student("countess", email="ada@example.org")
    told = course.enrol(PARTICIPANTS)
    assert "Ada Lovelace can be ada or countess in the gradebook" in str(told)
    assert course.students()["ada"] == (None, None, None, None)
    assert told.new == ("bruno",)


def test_ids_are_from_the_column_whose_ids_the_gradebook_has(course):
    with course.book() as book:
        book.add_student("S1")
    told = course.enrol(CANVAS)
    assert (told.column, told.known, told.new) == ("SIS User ID", ("S1",), ("S2",))


def test_one_without_an_id_gives_nobody_else_another(course):
    text = GRADESCOPE + "Cy,Late,,cy@example.org,Student,A\n"
    told = course.enrol(text)
    assert told.new == ("ada", "bruno")
    assert "Cy Late has nothing in the column 'SID'; --id chooses another" in str(told)


def test_ids_are_from_the_column_that_is_asked_for(course):
    assert course.enrol(GRADESCOPE, column="Email").new == ("ada@example.org", "bruno@example.org")
    with pytest.raises(TableError, match="no column 'Login' with ids: it has SID, Email"):
        course.enrol(GRADESCOPE, column="Login")


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8-sig", ","), ("utf-16", "\t"), ("utf-16-le", ";")]
)
def test_what_a_spreadsheet_makes_of_a_list(course, encoding, separator):
    text = GRADESCOPE.replace(",", separator).replace("\n", "\r\n")
    assert course.enrol(text, encoding).new == ("ada", "bruno")
    assert course.students()["bruno"][1] == "Müller"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("Müller,x\na,b\n".encode("cp1252"), "not UTF-8: save it as CSV"),
        (b"PK\3\4...", "is a workbook"),
        (b"", "holds no table"),
        (b"a,b\n", "holds no table"),
        (b"SID,Email,Role\nada,a@b.c,Student\nMe, Myself,me@b.c,Student\n", "row 3 has more"),
        (b"Nachname,Vorname\nM,B\n", "columns are: Nachname, Vorname"),
        (CANVAS.splitlines()[0].encode() + b"\n    Points Possible,,,,,6,\n", "lists no students"),
    ],
)
def test_a_file_that_is_no_list_is_an_error_that_says_what_to_do(
    course, content, why, monkeypatch, capsys
):
    path = course.root / "list.csv"
    path.write_bytes(content)
    monkeypatch.chdir(course.root)
    monkeypatch.setattr("sys.argv", ["grading", "roster", str(path)])
    assert main() == 2
    assert why in capsys.readouterr().err
    assert not course.students() and not (course.root / "roster.json").exists()


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8")))
def test_any_file_is_a_table_or_an_error(content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with suppress(TableError):
            table = read(Path(file.name))
            assert {len(row) for row in table.rows} <= {len(table.titles)}
            with suppress(TableError):
                students_in(table, Path(file.name))


def test_a_damaged_roster_is_named(course):
    (course.root / "roster.json").write_text("{")
    with pytest.raises(TableError, match=r"roster.json is damaged"):
        course.enrol(CANVAS)


def test_moodles_worksheet_comes_back_filled(course):
    course.enrol(PARTICIPANTS)
    course.grade()
    worksheet = course.file(WORKSHEET)
    options = ["--assignment=['2-vae']", f"--MoodleWorksheetExporter.worksheet={worksheet}"]
    out, said = course.export("MoodleWorksheetExporter", *options)
    before, after = read(worksheet).records(), read(out).records()
    assert "Somebody Else is not known in the gradebook" in said
    ada = {
        "Grade": "4.5",
        "Feedback comments": "<p>Graded by the course&#x27;s tests.</p>"
        "<p>Handed in late: 0.5 points less.</p><p>=1+1 is &lt;b&gt;not&lt;/b&gt;<br>right.</p>",
    }
    assert after == [before[0] | ada, *before[1:]]

    # A second time the comment is ours; one written by somebody else stays.
    with course.book() as book:
        book.find_grade("test", "vae", "2-vae", "ada").auto_score = 2
        book.db.commit()
    text = out.read_text().replace("By hand.", "Mine.")
    options[1] = f"--MoodleWorksheetExporter.worksheet={course.file(text)}"
    after = read(course.export("MoodleWorksheetExporter", *options)[0]).records()
    assert (after[0]["Grade"], after[1]["Feedback comments"]) == ("1.5", "Mine.")


def test_a_worksheet_in_another_language(course):
    course.enrol(PARTICIPANTS)
    course.grade()
    options = ["--assignment=['2-vae']"]
    options += [f"--MoodleWorksheetExporter.worksheet={course.file(GERMAN)}"]
    with pytest.raises(AssertionError, match=r"no column 'Grade'.*Bewertung, Bestwertung"):
        course.export("MoodleWorksheetExporter", *options)
    options += ["--MoodleWorksheetExporter.grade_column=Bewertung"]
    rows = read(course.export("MoodleWorksheetExporter", *options)[0]).records()
    assert [row["Bewertung"] for row in rows] == ["4.5", ""]


def test_moodles_download_and_its_pages(course):
    course.enrol(PARTICIPANTS)
    course.enrol(GERMAN, assignment="2-vae")
    members = {
        "Ada Lovelace_7_assignsubmission_file/work/vae.ipynb": "ada's",
        "Bruno Müller_8_assignsubmission_file_/vae.ipynb": "bruno's",
        "Ada Lovelace_9_assignsubmission_file/vae.ipynb": "a namesake's",
        "Ada Lovelace_7_assignsubmission_onlinetext/onlinetext.html": "",
    }
    course.download(members)
    course.download({}, "empty.zip")
    (course.root / "downloaded/2-vae/archive/damaged.zip").write_bytes(b"PK\3\4")
    said = course.nbgrader_here("zip_collect", "2-vae")
    assert course.collected() == {
        "ada/2-vae/vae.ipynb": "ada's",
        "bruno/2-vae/vae.ipynb": "bruno's",
    }
    assert "is of Ada Lovelace, number 9 in Moodle: that is no student" in said

    for student in ("ada", "bruno"):
        page = course.root / "feedback" / student / "2-vae" / "vae.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"{student}'s page")
    out, _ = course.export("MoodlePagesExporter", "--assignment=['2-vae']")
    with zipfile.ZipFile(out) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            "Ada Lovelace_7_assignsubmission_file/vae.html": "ada's page",
            "Bruno Müller_8_assignsubmission_file/vae.html": "bruno's page",
        }


def test_without_a_worksheet_a_full_name_counts_that_one_student_has(course):
    course.enrol(PARTICIPANTS)
    with course.book() as book:
        book.add_student("bruno2", first_name="Bruno", last_name="Müller")
    course.download(
        {
            "Ada Lovelace_7_assignsubmission_file/vae.ipynb": "ada's",
            "Bruno Müller_8_assignsubmission_file/vae.ipynb": "one's",
        }
    )
    course.nbgrader_here("zip_collect", "2-vae")
    assert course.collected() == {"ada/2-vae/vae.ipynb": "ada's"}


def test_canvas_download_and_its_pages(course):
    course.enrol(CANVAS)
    course.download(
        {
            "lovelaceada_LATE_101_5001_vae.ipynb": "ada's first",
            "lovelaceada_LATE_101_5002_vae-1.ipynb": "ada's second",
            "mullerjrbruno_102_5003_my_own_3_4.ipynb": "bruno's",
            "else_105_5004_vae.ipynb": "of another course",
        }
    )
    said = course.nbgrader_here("zip_collect", "2-vae")
    assert course.collected() == {
        "ada/2-vae/vae.ipynb": "ada's second",
        "bruno/2-vae/my_own_3_4.ipynb": "bruno's",
    }
    assert "'lovelaceada_LATE_101_5001_vae.ipynb' was handed in again by ada" in said
    assert "Late for Canvas, which doesn't say when: ada." in said
    assert "number 105 in Canvas" in said

    for student in ("ada", "bruno", "twin"):
        page = course.root / "feedback" / student / "2-vae" / "vae.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"{student}'s page")
    with course.book() as book:
        book.add_student("twin")
    out, said = course.export("CanvasPagesExporter", "--assignment=['2-vae']")
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == [
            "lovelaceada_101_5002_vae.html",
            "mullerjrbruno_102_5003_vae.html",
        ]
    assert "Not exported: twin, of whom no file is in the download" in said


def test_two_different_files_of_one_student_are_both_kept(course):
    """Grading takes the one that holds answers, and flags what differs."""
    course.enrol(PARTICIPANTS)
    folder = "Ada Lovelace_7_assignsubmission_file"
    course.download({f"{folder}/vae.ipynb": "one", f"{folder}/again/vae.ipynb": "two"})
    course.download({f"{folder}/vae.ipynb": "one"}, "the same.zip")
    course.nbgrader_here("zip_collect", "2-vae")
    assert course.collected() == {"ada/2-vae/vae.ipynb": "two", "ada/2-vae/vae (2).ipynb": "one"}


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1))
def test_what_a_student_calls_a_file_never_makes_it_somebody_elses(own):
    canvas = named(PurePath("class", f"doejane_12_34_{own}.ipynb"))
    assert (canvas.name, canvas.number, canvas.file_number) == ("doejane", "12", 34)
    folder = "Jane Doe_12_assignsubmission_file"
    for path in (f"{folder}/{own}.ipynb", f"{folder}_{own}.ipynb", f"{folder}_/{own}/toy.ipynb"):
        assert (named(PurePath(path)).name, named(PurePath(path)).number) == ("Jane Doe", "12")


def test_a_number_under_two_names_is_nobodys(course):
    """A student's own name is in the name of the file, too."""
    course.enrol(CANVAS)
    course.download(
        {
            "mullerjrbruno_102_5003_vae.ipynb": "bruno's",
            "eve_102_9_105_5004_vae.ipynb": "eve's",
            "lovelaceada_101_5002_vae.ipynb": "ada's",
        }
    )
    said = course.nbgrader_here("zip_collect", "2-vae")
    assert course.collected() == {"ada/2-vae/vae.ipynb": "ada's"}
    assert said.count("has the number 102, as others of another name") == 2


def test_a_name_that_ends_in_somebodys_number_is_told(course):
    """Ada has called herself "lovelaceada_102"; Bruno has handed in nothing."""
    course.enrol(CANVAS)
    course.download(
        {
            "lovelaceada_102_101_5002_vae.ipynb": "ada's",
            "jo_hn_101_5003_vae.ipynb": "of a name with an underscore",
        }
    )
    said = course.nbgrader_here("zip_collect", "2-vae")
    assert course.collected() == {"ada/2-vae/vae.ipynb": "of a name with an underscore"}
    assert "can be of ada or bruno, by its numbers" in said


def test_that_nothing_was_collected_is_an_error_with_the_names(course):
    with pytest.raises(AssertionError, match=r"Put the learning system's files in .*archive"):
        course.nbgrader_here("zip_collect", "2-vae")
    course.download({"what\x1b[2J.ipynb": "", "toy.ipynb": "", "notes.txt": ""})
    with pytest.raises(AssertionError) as said:
        course.nbgrader_here("zip_collect", "2-vae")
    assert r"No file was collected of 2 in" in str(said.value)
    assert "doejane_12345_67890_vae.ipynb (Canvas)" in str(said.value)
    assert "\x1b" not in str(said.value) and "submissions/notes.txt" in str(said.value)
