"""An answer is found where its cell has lost its name; a stub never undoes what others define."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.coordinator import submission
from grading.coordinator.answers import Asked
from grading.coordinator.reading import UnreadableError
from grading.coordinator.texts import defined_names

STUB = "# YOUR CODE HERE\nraise NotImplementedError"
PROSE = "## The first task\nWrite a function that doubles."
FIRST, SECOND = "def first(x):\n    return 2 * x", "class Second:\n    pass"
TEST = "assert first(1) == 2"


def cell(name, text, **marks):
    made = new_code_cell(text, id=name)
    made.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, **marks}
    return made


def prose(name, text, **marks):
    made = new_markdown_cell(text, id=name)
    if marks:
        made.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, **marks}
    return made


MASTER = new_notebook(
    cells=[
        cell("setup", "import torch", locked=True),
        prose("about-first", PROSE),
        cell("first", STUB, solution=True),
        cell("test-first", f"{TEST}\nassert first(2) == 4", grade=True, locked=True, points=2),
        cell("second", f"class Second:\n    {STUB}", solution=True),
        cell("test-second", "Second()", grade=True, locked=True, points=3),
        prose("why", "YOUR ANSWER HERE", solution=True, grade=True, points=1),
        prose("end", "Thank you for all of your work!"),
    ],
)
ASKED = Asked(
    {"first": frozenset({"first"}), "second": frozenset({"Second"})}, {"test-first": TEST}
)


@pytest.fixture
def cells():
    """The cells of a submission in which both answers are given."""
    handed_in = nbformat.from_dict(MASTER).cells
    handed_in[2].source, handed_in[3].source, handed_in[4].source = FIRST, TEST, SECOND
    return handed_in


def rebuilt(cells):
    return submission.rebuild(MASTER, new_notebook(cells=cells), ASKED)


def text_of(built, name):
    return next(cell.source for cell in built.nb.cells if cell.id == name)


def own(built):
    return [cell.source for cell in built.nb.cells if cell.id.startswith("extra-")]


def test_an_answer_that_was_pasted_into_a_new_cell(cells):
    cells[2] = new_code_cell(FIRST)
    built = rebuilt(cells)
    assert text_of(built, "first") == FIRST and own(built) == []
    assert "`first` has lost its name" in built.notes[0] and built.doubts == ()


def test_the_last_cell_before_the_test_is_the_answer_and_the_others_keep_their_order(cells):
    pieces = ["import helper", "def first(x):\n    return 0", f"helper = 1\n{FIRST}", "print(1)"]
    cells[2:3] = [new_code_cell(text) for text in pieces]
    built = rebuilt(cells)
    assert text_of(built, "first") == pieces[2]
    shown = [cell.source for cell in built.nb.cells]
    at = shown.index(pieces[0])
    assert [text for text in shown[at:] if text in pieces] == pieces


@pytest.mark.parametrize("place", [1, 2, 3])
def test_an_untouched_stub_does_not_undo_an_answer_beside_it(cells, place):
    cells[2].source = STUB
    cells.insert(place, new_code_cell(FIRST))
    built = rebuilt(cells)
    assert text_of(built, "first") == FIRST and STUB not in own(built)
    assert built.notes == built.doubts == ()


def test_a_stub_without_its_comment_is_still_one(cells):
    cells[2].source = "raise NotImplementedError  # TODO later"
    cells.insert(2, new_code_cell(FIRST))
    built = rebuilt(cells)
    assert text_of(built, "first") == FIRST and list(built.answers) == ["first", "second"]


def test_a_copy_of_the_stub_below_the_answer_is_left_out(cells):
    copy = nbformat.from_dict(MASTER.cells[4])
    cells.insert(5, copy)
    assert own(rebuilt(cells)) == []


def test_an_answer_below_its_test_is_taken_and_a_human_is_asked(cells):
    del cells[2]
    cells.append(new_code_cell(FIRST))
    built = rebuilt(cells)
    assert text_of(built, "first") == FIRST
    assert "defined after the test" in built.doubts[0]


def test_all_metadata_lost(cells):
    for number, handed_in in enumerate(cells):
        handed_in.metadata = {}
        handed_in.id = str(number)
    cells[6].source = "Because."
    built = rebuilt(cells)
    assert [cell.id for cell in built.nb.cells] == [cell.id for cell in MASTER.cells]
    assert text_of(built, "first") == FIRST and text_of(built, "second") == SECOND
    assert text_of(built, "why") == "Because."
    assert "the one in its place" in built.doubts[0]


@pytest.mark.parametrize("kind", ["code", "markdown"])
@pytest.mark.parametrize("name", ["first", "about-first", "lost"])
def test_an_answer_that_was_merged_with_the_text_above(cells, kind, name):
    merged = new_code_cell if kind == "code" else new_markdown_cell
    cells[1:3] = [merged(f"{PROSE}\n\n{FIRST}", id=name)]
    built = rebuilt(cells)
    assert text_of(built, "first").strip() == FIRST and own(built) == []


def test_two_answers_in_one_cell(cells):
    cells[2].source += f"\n\n{TEST}\n\n{SECOND}"
    del cells[3:5]
    built = rebuilt(cells)
    assert SECOND in text_of(built, "first") and text_of(built, "second") == ""


@pytest.mark.parametrize(("kept", "above"), [("setup", "import torch"), ("test-first", TEST)])
def test_an_answer_that_was_merged_into_a_cell_of_the_instructors(cells, kept, above):
    order = (above, FIRST) if kept == "setup" else (FIRST, above)
    merged = cell(kept, "\n\n".join(order))
    cells[:] = [handed_in for handed_in in cells if handed_in.id not in (kept, "first")]
    cells.insert(1, merged)
    built = rebuilt(cells)
    assert text_of(built, "first").strip() == FIRST
    assert text_of(built, kept) == next(made.source for made in MASTER.cells if made.id == kept)
    assert not built.doubts
    merged.source = merged.source.replace(above, "x = 3")
    built = rebuilt(cells)
    assert FIRST in text_of(built, "first")
    assert f"in the cell `{kept}`" in built.doubts[0]


def test_a_text_that_may_hold_the_answer_is_for_a_human(cells):
    cells[2] = new_markdown_cell(f"My answer:\n\n{FIRST}")
    built = rebuilt(cells)
    assert text_of(built, "first") == STUB
    assert "'My answer:" in built.doubts[0]


def test_an_answer_that_became_a_text(cells):
    cells[2] = new_markdown_cell(FIRST)
    built = rebuilt(cells)
    answer = next(cell for cell in built.nb.cells if cell.id == "first")
    assert (answer.cell_type, answer.source) == ("code", FIRST)


def test_a_sentence_of_the_instructors_within_an_answer_stays(cells):
    cells[2].source = f'"""{PROSE}"""\n{FIRST}'
    assert text_of(rebuilt(cells), "first") == cells[2].source


def test_names_without_a_cell_of_their_own_are_enough(cells):
    built = rebuilt([new_code_cell(SECOND)])
    assert text_of(built, "second") == SECOND and text_of(built, "first") == STUB
    with pytest.raises(UnreadableError, match="no other cell defines"):
        rebuilt([new_code_cell("def third(): pass")])


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("%matplotlib inline\nx = 1\nif x:\n    !ls\ny: int = 2", {"x", "y"}),
        ("%%time\ndef f(): a = 1", {"f"}),
        ("%%writefile f.py\ndef f(): pass", set()),
        ("from m import a as b\nimport c.d", {"b", "c"}),
        ("def f(x:\n    return x\nclass G(Base):\n    y = 1", {"f", "G"}),
        ("await x\nz = 1", {"z"}),
        ("(" * 10_000, set()),
        ("-" * 100_000 + "1", set()),
        ("x = 1\0", {"x"}),
    ],
)
def test_what_a_students_cell_defines(source, names):
    assert defined_names(source) == names
