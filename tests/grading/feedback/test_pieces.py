"""All that a page shows of a student fits into one budget, and what doesn't is said in its place."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grading.coordinator.preprocessors import LEFT_OUT, TEXT_BYTES, _shorten
from grading.feedback.pieces import CODE_CUT, CUT, LONGEST_CODE, NO_ROOM, show


def answer(made):
    made.metadata["nbgrader"] = {"grade_id": made.id, "solution": True}
    return made


def printed(text):
    return new_output("stream", text=text)


def shown(nb, page_bytes=100_000, output_bytes=30_000):
    show(nb, page_bytes, output_bytes)
    names = ("course_theirs", "course_code", "course_outputs")
    return [[c.metadata[name] for name in names if name in c.metadata] for c in nb.cells]


def test_answers_come_first_then_the_students_own_cells_then_outputs():
    own = [new_code_cell("x = 1\n" * 700, id=f"extra-{n}") for n in range(9)]
    own[0].outputs = [printed("here")]
    cells = [*own, answer(new_code_cell("y = 2", id="a")), answer(new_markdown_cell("so", id="b"))]
    pieces = shown(new_notebook(cells=cells), page_bytes=80_000)
    assert "<pre>" in pieces[-2][0] and pieces[-1] == ["<p>so</p>\n"]
    assert NO_ROOM not in pieces[0] and pieces[8][0] == NO_ROOM
    assert sum(len(p) for piece in pieces for p in piece if p != NO_ROOM) <= 80_000


@pytest.mark.parametrize("text", ["x", "<", "\n", '"', "\x1b[31m<", "\x1b[1;38;2;1;2;3mé"])
def test_a_long_output_is_cut_to_what_fits(text):
    cell = new_code_cell("1", outputs=[printed(text * 40_000), printed("after")])
    (_, outputs), = shown(new_notebook(cells=[cell]))
    assert 10_000 < len(outputs.encode()) <= 30_000 + len(CUT) + 1
    assert outputs.endswith(CUT) and "after" not in outputs


def test_a_picture_is_shown_whole_or_not_at_all():
    picture = new_output("display_data", {"image/png": "A" * 20_000, "text/plain": "<Figure>"})
    other = new_output("display_data", {"image/jpeg": "B"}, metadata={"image/jpeg": {"alt": '">'}})
    cell = new_code_cell("1", outputs=[other, picture, picture, printed("after")])
    (_, outputs), = shown(new_notebook(cells=[cell]))
    assert outputs.count("<img") == 2 and outputs.endswith(CUT) and "<Figure>" not in outputs
    assert 'src="data:image/jpeg;base64,B" alt="&quot;&gt;"' in outputs


def test_a_long_answer_is_shown_in_part():
    cell = answer(new_code_cell("x = 1\n" * 20_000, id="a"))
    ((code, outputs),) = shown(new_notebook(cells=[cell]), page_bytes=5_000_000)
    assert code.endswith(CODE_CUT) and outputs == ""
    assert code.count(">x<") == pytest.approx(LONGEST_CODE / 6, abs=1)


def test_a_graded_notebook_keeps_answers_before_what_else_a_student_has_written():
    long = '"' * 500_000 + "\n" * 50_000
    own = [new_code_cell(long, id="extra-1"), new_code_cell(long, id="extra-2")]
    essay = answer(new_markdown_cell("so " * 900_000, id="b"))
    cells = [new_markdown_cell("prose " * 400_000, id="p"), *own, answer(new_code_cell("y", id="a"))]
    nb = new_notebook(cells=[*cells, essay])
    _shorten(nb)
    assert nb.cells[3].source == "y" and nb.cells[0].source == "prose " * 400_000
    assert nb.cells[4].source.endswith(LEFT_OUT.format(f"{2_700_000 - 999_995:,}"))
    for cell in own:
        assert cell.source == "\n# " + LEFT_OUT.format("550,000")
    theirs = [cell.source for cell in nb.cells[1:]]
    assert len(json.dumps(theirs)) < TEXT_BYTES + 1_000
