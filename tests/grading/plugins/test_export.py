"""The gradebook out, through `nbgrader export`, read back as the other systems read it."""

import csv
import json
import os
import subprocess
import sys
import zipfile
from datetime import datetime

import pytest
from course import Course
from nbgrader.api import Gradebook

# id: (first name, last name, e-mail, points, penalty); None: handed in, not graded; (): nothing.
CLASS = {
    "ada": ("Ada", "Lovelace", "ada@example.org", (2.5, 3), 0.5),
    "bruno": ("Bruno", "Müller, Jr.", "Bruno@Example.org", (1, 0), 0),
    "chidi": ("=1+1", '@SUM(1)"', "chidi@example.org", (0, 0.25), 0),
    "dana": ("-2", "+cmd|' /C calc'!A0", None, None, 0),
    "emre": ("\tEmre", "Ünal; =HYPERLINK(1)", "emre@example.org", (), 0),
    "-fay": ("Łucja", "Anne-Marie O'Neill", "fay@example.org", (3, 3), 0),
}


class Graded(Course):
    def book(self):
        return Gradebook(f"sqlite:///{self.root / 'gradebook.db'}")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    pattern = r"c.StudentIds.pattern = r'-?\w+'"  # by default no id starts with a dash
    course = Graded(tmp_path_factory.mktemp("export") / "course", settings=pattern)
    with course.book() as book:
        for assignment in ("1-noise", "2-vae"):
            book.add_assignment(assignment, duedate=datetime(2026, 11, 1))
            book.add_notebook("one", assignment)
            for test in ("test-a", "test-b"):
                book.add_grade_cell(test, "one", assignment, max_score=3, cell_type="code")
                book.add_source_cell(test, "one", assignment, cell_type="code")
            book.add_solution_cell("answer", "one", assignment)
            book.add_source_cell("answer", "one", assignment, cell_type="code")
        book.add_student("=cmd()\n\x1b[2J", first_name="no", last_name="id")
        for student, (first, last, email, points, penalty) in CLASS.items():
            book.add_student(student, first_name=first, last_name=last, email=email)
            if points == ():
                continue
            book.add_submission("1-noise", student)
            if points is None:
                continue
            for test, score in zip(("test-a", "test-b"), points, strict=True):
                grade = book.find_grade(test, "one", "1-noise", student)
                grade.auto_score, grade.needs_manual_grade = score, False
            book.find_comment("answer", "one", "1-noise", student).auto_comment = f"To {student}."
            handed_in = book.find_submission_notebook("one", "1-noise", student)
            handed_in.late_submission_penalty = penalty
        book.db.commit()
    return course


def export(course, name, *options):
    """Runs the command at the course's root; returns (the file, what was said)."""
    file = course.root / "out"
    file.unlink(missing_ok=True)
    said = course.nbgrader_here(
        "export", f"--exporter=grading.plugins.export.{name}", "--to=out", *options
    )
    return file, said


def refused(course, name, *options):
    """What the command says, which fails and writes nothing."""
    with pytest.raises(AssertionError) as said:
        export(course, name, *options)
    assert not (course.root / "out").exists()
    return str(said.value)


def table(file):
    text = file.read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    return list(csv.DictReader(text.splitlines()))


def test_canvas(course):
    file, said = export(course, "CanvasExporter")
    points, *rows = table(file)
    fields = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "1-noise", "2-vae"]
    assert list(points) == fields
    assert list(points.values()) == ["Points Possible", "", "", "", "", "6", "6"]
    assert {row["SIS Login ID"]: row["1-noise"] for row in rows} == {
        "ada": "5",  # less half a point for being late
        "bruno": "1",
        "chidi": "0.25",
        "dana": "",  # not graded
        "emre": "",  # nothing handed in
        "'-fay": "6",
    }
    assert {row["2-vae"] for row in rows} == {""}
    assert "'-fay' is exported as \"'-fay\": the import may not find it" in said


def test_names_are_text_in_a_spreadsheet(course):
    names = {
        row["SIS Login ID"]: row["Student"] for row in table(export(course, "CanvasExporter")[0])
    }
    assert names["bruno"] == "Müller, Jr., Bruno"
    assert names["'-fay"] == "Anne-Marie O'Neill, Łucja"
    assert names["chidi"] == "'@SUM(1)\", '=1+1"
    assert names["emre"] == "Ünal; '=HYPERLINK(1), Emre"
    rows = {row["ID number"]: row for row in table(export(course, "MoodleExporter")[0])}
    assert rows["dana"]["First name"] == "-2"  # a plain number is no formula
    assert rows["dana"]["Last name"] == "'+cmd|' /C calc'!A0"


def test_nbgraders_own_table_is_what_export_writes(course):
    said = course.nbgrader("export").stdout
    assert r"Left out: '=cmd() \x1b[2J' is no student's id." in said and "\x1b[2J" not in said
    rows = {(r["assignment"], r["student_id"]): r for r in table(course.root / "grades.csv")}
    assert len(rows) == 2 * len(CLASS)
    bruno, chidi = rows["1-noise", "bruno"], rows["1-noise", "chidi"]
    assert (bruno["last_name"], bruno["score"], bruno["max_score"]) == ("Müller, Jr.", "1.0", "6.0")
    assert (chidi["first_name"], chidi["last_name"]) == ("'=1+1", "'@SUM(1)\"")
    ada, emre = rows["1-noise", "ada"], rows["1-noise", "emre"]
    assert (ada["raw_score"], ada["late_submission_penalty"], ada["score"]) == ("5.5", "0.5", "5.0")
    assert (emre["timestamp"], emre["score"], emre["duedate"]) == ("", "0.0", "2026-11-01 00:00:00")


@pytest.fixture
def flagged(course):
    """Bruno's first test waits for a human; a human's points for Chidi's are flagged, too; of Ada's
    work one test was not graded."""
    place = "one", "1-noise"
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        bruno, chidi = (book.find_grade("test-a", *place, name) for name in ("bruno", "chidi"))
        ada = book.find_grade("test-b", *place, "ada")
        bruno.needs_manual_grade = chidi.needs_manual_grade = True
        chidi.manual_score, ada.auto_score = 2, None
        book.db.commit()
        yield
        bruno.needs_manual_grade = chidi.needs_manual_grade = False
        chidi.manual_score, ada.auto_score = None, 3
        book.db.commit()


def test_what_is_not_final_is_empty_and_no_0(course, flagged, tmp_path):
    zero = "--assignment=['1-noise']", "--GradesExporter.missing=zero"

    def points(name, key, *options):
        file, said = export(course, name, *zero, *options)
        assert "1-noise of bruno is flagged for you" in said
        assert "1-noise of ada is not graded to the end" in said and "chidi is" not in said
        return {row[key]: row.get("1-noise", row.get("score")) for row in table(file)}

    got = points("CanvasExporter", "SIS Login ID")
    assert (got["ada"], got["bruno"], got["chidi"], got["'-fay"]) == ("", "", "2.25", "6")
    got = points("CanvasExporter", "SIS Login ID", "--GradesExporter.flagged=points")
    assert (got["ada"], got["bruno"], got["chidi"]) == ("2", "1", "2.25")
    got = points("MoodleExporter", "ID number")
    assert (got["ada"], got["bruno"], got["chidi"]) == ("-", "-", "2.25")
    got = points("CsvExporter", "student_id")
    assert (got["ada"], got["bruno"], got["chidi"]) == ("", "", "2.25")
    with zipfile.ZipFile(export(course, "GradescopeExporter", *zero)[0]) as archive:
        known = json.loads(archive.read("results.json"))
    assert known["chidi@example.org"]["score"] == 2.25
    assert not {"ada@example.org", "bruno@example.org"} & known.keys()


def test_moodle(course):
    rows = table(export(course, "MoodleExporter", "--MoodleExporter.missing=zero")[0])
    assert list(rows[0]) == ["First name", "Last name", "ID number", "1-noise", "2-vae"]
    assert {row["ID number"]: row["1-noise"] for row in rows} == {
        **{"'-fay": "6", "ada": "5", "bruno": "1", "chidi": "0.25", "dana": "0", "emre": "0"},
    }
    rows = table(export(course, "MoodleExporter")[0])
    assert [row["1-noise"] for row in rows if row["ID number"] in ("dana", "emre")] == ["-", "-"]


def test_moodle_by_address_has_no_row_that_would_be_somebody_elses(course):
    """Moodle's import keeps the former row's student where there is no address."""
    by_address = "--MoodleExporter.id_column=Email address"
    with course.book() as book:
        book.update_or_create_student("twin", email="ADA@example.org")
    file, said = export(course, "MoodleExporter", by_address)
    with course.book() as book:
        book.remove_student("twin")
    assert [row["Email address"] for row in table(file)] == [
        *("fay@example.org", "Bruno@Example.org", "chidi@example.org", "emre@example.org"),
    ]
    assert "Not exported: dana, of whom the 'Email address' is not known" in said
    assert "Not exported: ada, who shares 'ada@example.org'" in said
    assert "Not exported: twin, who shares 'ADA@example.org'" in said


def test_brightspace(course):
    file, _ = export(course, "BrightspaceExporter", "--assignment=['1-noise']")
    lines = file.read_text().splitlines()
    assert lines[:3] == [
        "Username,1-noise Points Grade,End-of-Line Indicator",
        "'-fay,6,#",
        "ada,5,#",
    ]
    assert "emre,,#" in lines
    by_number = "--BrightspaceExporter.id_column=OrgDefinedId"
    assert export(course, "BrightspaceExporter", by_number)[0].read_text().startswith("OrgDefined")


def test_blackboard(course):
    options = ["--assignment=['1-noise']", "--BlackboardExporter.column_ids", "1-noise=12345"]
    lines = export(course, "BlackboardExporter", *options)[0].read_text().splitlines()
    assert lines[0] == '"Username","1-noise [Total Pts: 6 Score] |12345"'
    assert '"ada","5"' in lines and '"emre",""' in lines
    said = refused(course, "BlackboardExporter", "--assignment=['1-noise']")
    assert "c.BlackboardExporter.column_ids" in said


def test_options_choose_students_assignments_titles_and_penalties(course):
    options = ["--assignment=['1-noise']", "--student=['ada']"]
    options += ["--GradesExporter.late_penalties=False", "--CanvasExporter.id_column=SIS User ID"]
    options += ["--TableExporter.titles", "1-noise=Noise (4711)"]
    _, ada = table(export(course, "CanvasExporter", *options)[0])
    assert list(ada)[5:] == ["Noise (4711)"]
    assert (ada["SIS User ID"], ada["SIS Login ID"], ada["Noise (4711)"]) == ("ada", "", "5.5")


def autograder(folder, email):
    """Runs the exported autograder on a submission of `email`, as Gradescope does."""
    user = {"email": email, "id": 1, "name": "A Student"}
    (folder / "submission_metadata.json").write_text(json.dumps({"users": [user]}))
    results = folder / "results" / "results.json"
    results.unlink(missing_ok=True)
    command = [sys.executable, folder / "source" / "run_autograder"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run, json.loads(results.read_text()) if results.exists() else None


def test_gradescope(course, tmp_path):
    file, said = export(course, "GradescopeExporter", "--assignment=['1-noise']")
    (tmp_path / "results").mkdir()
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "source")
        mode = archive.getinfo("run_autograder").external_attr >> 16
    assert mode & 0o111 and os.path.exists(tmp_path / "source" / "setup.sh")
    _, ada = autograder(tmp_path, "Ada@example.org")
    assert ada == {
        "score": 5,
        "output": "Handed in late: 0.5 points less.\n\nTo ada.",
        "visibility": "after_published",
        "tests": [
            {"name": "test-a", "score": 2.5, "max_score": 3},
            {"name": "test-b", "score": 3, "max_score": 3},
        ],
    }
    _, bruno = autograder(tmp_path, "bruno@example.org")
    assert (bruno["score"], bruno["output"]) == (1, "To bruno.")
    run, nothing = autograder(tmp_path, "emre@example.org")
    assert nothing is None and run.returncode and "emre@example.org" in run.stderr

    file, said = export(
        course, "GradescopeExporter", "--assignment=['1-noise']", "--GradesExporter.missing=zero"
    )
    assert "Not exported: dana, of whom the e-mail address is not known" in said
    zipfile.ZipFile(file).extractall(tmp_path / "source")
    assert autograder(tmp_path, "emre@example.org")[1]["score"] == 0


def test_what_is_for_one_assignment_says_so(course):
    assert "GradescopeExporter is for one assignment" in refused(course, "GradescopeExporter")


def test_unknown_names_are_refused(course):
    assert "doesn't know 1-nois" in refused(course, "CanvasExporter", "--assignment=['1-nois']")
