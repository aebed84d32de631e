"""What a cell's output keeps of what a student's kernel sends."""

import pytest

from grading.judge.outputs import LONGEST_ALT, remade


def metadata(said):
    content = {"data": {"image/png": "AAAA"}, "metadata": {"image/png": said}}
    return remade("display_data", content).metadata


@pytest.mark.parametrize("width", ["1", '1" onload="x', -1, 0, 10**6, True, 1.5, None, []])
def test_a_picture_is_shown_as_wide_as_a_page_allows(width):
    assert metadata({"alt": "a digit", "width": 700}) == {
        "image/png": {"alt": "a digit", "width": 700}
    }
    assert metadata({"alt": "a digit", "width": width}) == {"image/png": {"alt": "a digit"}}


def test_a_description_is_text_of_limited_length():
    assert metadata({"alt": "x" * 5_000})["image/png"]["alt"] == "x" * LONGEST_ALT
    for said in (None, [], {"width": 5}, "alt"):
        assert metadata(said) == {}
