"""The notebook is found under whatever name and wherever it was handed in, and told about."""

import errno
import json
import logging
import zipfile

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grading.coordinator import reading
from grading.coordinator.assignment import Assignment
from grading.coordinator.folder import NoCopyError
from grading.coordinator.submission import HandedIn

ANSWER, OTHER = "def double(x):\n    return 2 * x", "def double(x):\n    return x + x"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def notebook(text):
    answer = new_code_cell(text, id="double")
    answer.metadata["nbgrader"] = {"grade_id": "double", "solution": True, "locked": False}
    answer.metadata["nbgrader"] |= {"grade": False, "schema_version": 3}
    return json.dumps(new_notebook(cells=[answer]))


@pytest.fixture
def folder(tmp_path):
    source = tmp_path / "source" / "toy"
    source.mkdir(parents=True)
    solution = f"### BEGIN SOLUTION\n{ANSWER}\n### END SOLUTION"
    (source / "toy.ipynb").write_text(notebook(solution))
    handed_in = tmp_path / "submitted" / "ada" / "toy"
    handed_in.mkdir(parents=True)
    return handed_in


@pytest.fixture
def graded(folder, tmp_path):
    """Reads the submission: the text of its answer, and what is said of it."""

    def read():
        course = CourseDirectory(root=str(tmp_path), assignment_id="toy")
        assignment = Assignment(course, [], Config(), logging.getLogger("test"))
        assignment.__dict__["released"] = {"toy": {"double"}, "other": set()}
        nb = assignment.rebuilt("ada", "toy")
        return nb.cells[0].source, HandedIn.of(nb)

    return read


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


NAMES = ["toy (1).ipynb", "toy.ipynb.json", "toy.ipynb.txt", "Toy.IPYNB", "toy-Copy1.ipynb"]
NAMES += ["toy/toy.ipynb", "a/b/homework.ipynb", "toy.json", "final.ipynb.download"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_under_another_name(folder, graded, name):
    write(folder / name, notebook(ANSWER))
    write(folder / "._toy.ipynb", "\0\5\26\7")
    write(folder / "__MACOSX" / "._toy.ipynb", "\0\5\26\7")
    write(folder / ".ipynb_checkpoints" / "toy-checkpoint.ipynb", notebook(OTHER))
    write(folder / "other.ipynb", notebook(OTHER))
    text, handed_in = graded()
    assert text == ANSWER
    assert handed_in.note == f"This notebook was handed in as '{name}', not as 'toy.ipynb'."
    assert not handed_in.doubt


def test_the_duplicate_that_was_worked_in(folder, graded):
    write(folder / "toy.ipynb", notebook(STUB))
    write(folder / "toy-Copy1.ipynb", notebook(ANSWER))
    text, handed_in = graded()
    assert text == ANSWER and not handed_in.doubt
    assert handed_in.note.endswith("The file of that name holds no answers.")


def test_of_two_with_answers_the_nearer_name_counts_and_a_human_is_asked(folder, graded):
    write(folder / "toy.ipynb", notebook(ANSWER))
    write(folder / "toy-Copy1.ipynb", notebook(OTHER))
    text, handed_in = graded()
    assert text == ANSWER
    assert "'toy.ipynb' was graded, and not 'toy-Copy1.ipynb'" in handed_in.doubt
    write(folder / "toy-Copy1.ipynb", notebook(ANSWER))
    assert not graded()[1].doubt


def test_a_notebook_of_another_assignment_beside_it_is_no_rival(folder, graded):
    write(folder / "toy.ipynb", notebook(ANSWER))
    write(folder / "earlier.ipynb", json.dumps(new_notebook(cells=[new_code_cell(OTHER)])))
    text, handed_in = graded()
    assert (text, handed_in.note, handed_in.doubt) == (ANSWER, "", "")


def test_a_copy_takes_the_place_of_a_damaged_file(folder, graded):
    write(folder / "toy.ipynb", notebook(OTHER)[:100])
    write(folder / "backup.ipynb", notebook(ANSWER))
    assert graded()[0] == ANSWER


def zipped(folder, members, **options):
    with zipfile.ZipFile(folder / "toy.zip", "w", **options) as archive:
        for name, text in members.items():
            archive.writestr(name, text)


@pytest.mark.parametrize("name", ["toy.ipynb", "hw/toy.ipynb", "../../../toy.ipynb"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip(folder, graded, name, method):
    zipped(folder, {"__MACOSX/._toy.ipynb": "\0", name: notebook(ANSWER)}, compression=method)
    before = set(folder.parents[2].rglob("*"))
    text, handed_in = graded()
    found = ".." not in name
    assert (text == ANSWER) == found
    assert ("in toy.zip" in handed_in.note) == found
    assert set(folder.parents[2].rglob("*")) == before


@pytest.mark.parametrize("bomb", ["large", "many", "bzip2", "damaged", "no zip"])
def test_a_zip_that_is_none_or_too_large_is_left_alone(folder, graded, monkeypatch, bomb):
    if bomb == "large":
        monkeypatch.setattr("grading.coordinator.candidates.LARGEST", 1 << 20)
        zipped(folder, {"toy.ipynb": " " * (2 << 20)}, compression=zipfile.ZIP_DEFLATED)
    elif bomb == "many":
        monkeypatch.setattr("grading.coordinator.candidates.LONGEST_DIRECTORY", 1 << 17)
        zipped(folder, {f"{n}.ipynb": "" for n in range(4000)} | {"toy.ipynb": notebook(ANSWER)})
    elif bomb == "bzip2":
        zipped(folder, {"toy.ipynb": notebook(ANSWER)}, compression=zipfile.ZIP_BZIP2)
    else:
        zipped(folder, {"toy.ipynb": notebook(ANSWER)})
        content = (folder / "toy.zip").read_bytes()
        (folder / "toy.zip").write_bytes(content[:-30] if bomb == "damaged" else b"PK\3\4")
    text, handed_in = graded()
    assert text == STUB
    assert "No notebook toy.ipynb was handed in." in handed_in.problem
    assert "Handed in: 'toy.zip'." in handed_in.problem
    assert handed_in.doubt


def test_what_was_handed_in_instead_is_named(folder, graded):
    assert "No other file was handed in." in graded()[1].problem and not graded()[1].doubt
    for n in range(20):
        write(folder / f"{n} <script>{'x' * 100}.html", "")
    told = graded()[1]
    assert "What was exported from a notebook cannot be graded." in told.problem
    assert "and 12 more" in told.problem and "<" not in told.problem and len(told.problem) < 1000
    assert told.doubt


@pytest.mark.parametrize("lines", [True, False])
def test_a_notebook_full_of_figures_is_read_and_a_flood_of_text_is_not(folder, graded, lines):
    nb = json.loads(notebook(ANSWER))
    figure = {"output_type": "display_data", "data": {"image/png": "iVBORw0K" * 400_000}}
    nb["cells"][0]["outputs"] = [figure] * 22
    nb["metadata"]["widgets"] = {"state": [{"a": [1, "]"]}] * 1000}
    write(folder / "toy.ipynb", json.dumps(nb))
    assert graded()[0] == ANSWER
    source = [ANSWER + "\n", *["#" * 95 + "\\\\n\n"] * 60_000]
    nb["cells"][0] |= {"outputs": [], "source": source if lines else "".join(source)}
    write(folder / "toy.ipynb", json.dumps(nb))
    text, handed_in = graded()
    assert text.startswith(ANSWER) and 4_500_000 < len(text) < reading.LARGEST_CODE
    assert text.endswith("#\\\\n\n")
    told = "'toy.ipynb' holds more than 5 MB of code: what follows was left out."
    assert handed_in.note == handed_in.doubt == told


@pytest.mark.parametrize("deep", ["outputs", "source", "metadata"])
def test_a_structure_without_end_is_not_followed(folder, graded, deep, monkeypatch):
    monkeypatch.setattr(reading, "MOST_STEPS", 10_000)
    nb = notebook(ANSWER).replace(f'"{deep}": ', f'"{deep}": {"[" * 9000 + "]" * 9000}, "x": ')
    write(folder / "toy.ipynb", nb)
    assert "too complex" in graded()[1].problem


@pytest.mark.parametrize("error", [RecursionError, MemoryError, OSError, KeyError])
def test_what_nobody_has_foreseen_is_an_empty_submission_for_a_human(
    folder, graded, monkeypatch, error
):
    write(folder / "toy.ipynb", notebook(ANSWER))

    def fail(*_):
        raise error("unforeseen")

    monkeypatch.setattr("grading.coordinator.assignment.candidates", fail)
    text, handed_in = graded()
    assert text == STUB and handed_in.problem == handed_in.doubt
    assert handed_in.problem.startswith(f"What was handed in cannot be read ({error.__name__}).")


def test_a_full_disk_is_no_fault_of_the_students(folder, graded, monkeypatch):
    write(folder / "toy.ipynb", notebook(ANSWER))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("grading.coordinator.folder._copied", full)
    with pytest.raises(NoCopyError, match="cannot be copied: No space left on device"):
        graded()


def test_what_was_left_out_is_said(folder, graded, tmp_path):
    write(folder / "toy.ipynb", notebook(ANSWER))
    (folder / "data.csv").symlink_to(tmp_path / "source")
    text, handed_in = graded()
    assert text == ANSWER and not handed_in.doubt
    assert handed_in.note == "Left out of what was handed in: 'data.csv' is a link."
    (folder / "toy.ipynb").unlink()
    (folder / "toy.ipynb").symlink_to(tmp_path / "source" / "toy" / "toy.ipynb")
    text, handed_in = graded()
    assert text == STUB and handed_in.problem.startswith("toy.ipynb is a link. ")
    assert "'toy.ipynb' is a link" in handed_in.doubt
