"""What the feedback page makes of verdicts and of attached pictures."""

import html
import re

import pytest
from nbconvert.filters.highlight import Highlight2HTML
from nbformat.v4 import new_markdown_cell, new_notebook

from grading.feedback.page import _highlighting, _with_pictures, as_html, sentences
from grading.verdict import Status, Verdict
from helpers.claims import Claim

PNG = "iVBORw0KGgo="


def test_attached_pictures_are_part_of_the_page():
    cell = new_markdown_cell(
        "![two digits](attachment:a.png) and ![lines](attachment:b.png)",
        attachments={"a.png": {"image/png": PNG}, "b.png": {"image/png": [PNG[:4], PNG[4:]]}},
    )
    shown = _with_pictures(cell.source, cell)
    picture = f"(data:image/png;base64,{PNG})"
    assert shown == f"![two digits]{picture} and ![lines]{picture}"
    assert "attachments" not in cell


def test_a_picture_that_is_not_there_leaves_its_description():
    cell = new_markdown_cell("before ![my plot](attachment:lost.png) after")
    assert _with_pictures(cell.source, cell) == "before my plot after"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"error": "Failed", "message": "test: (seed 3)", "failures": ("one", "two")}, ["one", "two"]),
        ({"error": "KernelStopped", "message": "it ended"}, ["KernelStopped: it ended"]),
        ({"error": "NotRun", "message": "this test was not run"}, ["this test was not run"]),
        ({"error": "Failed", "message": "first\nsecond"}, ["first", "second"]),
    ],
)
def test_a_verdict_is_told_in_sentences(told, said):
    claims = (Claim("a", False, "one"),)
    assert sentences(Verdict("test", Status.FAILED, 0, 3, claims=claims, **told)) == said


def test_no_markup_in_a_sentence_is_active():
    assert as_html("`x < 1` <script>") == "<code>x &lt; 1</code> &lt;script&gt;"


def test_of_code_only_what_has_a_colour_is_marked():
    code = "if (x < 1):  # <span class='p'>\n    y = f('[')"
    shown = _highlighting(new_notebook())(code, metadata={})
    usual = Highlight2HTML()(code)
    assert html.unescape(re.sub("<[^>]*>", "", shown)).strip() == code
    assert '<span class="k">if</span> (' in shown
    assert shown.count("<span") < usual.count("<span")
