"""Names and messages of somebody else's, made harmless for terminals, logs and tables."""

import pytest

from grading.plain import plain_line, plain_name
from helpers.words import count

SHOWN = {
    "Ada Lovelace": "Ada Lovelace",
    "Łucja O'Neill, Jr.": "Łucja O'Neill, Jr.",
    "two\nlines\r\nand\ttabs": "two lines and tabs",
    "\x1b[2J\x1b]0;title\x07": r"\x1b[2J\x1b]0;title\x07",
    "a\u202egnp.exe": r"a\u202egnp.exe",
    "\u2066left\u2069 \u200fmark": r"\u2066left\u2069 \u200fmark",
    "line\u2028end": "line end",
    "می\u200cخواهم": "می\u200cخواهم",
    "\ud800": r"\ud800",
    "\x9b31m": r"\x9b31m",
}


@pytest.mark.parametrize("text", SHOWN)
def test_a_line_moves_no_cursor_and_turns_nothing_around(text):
    assert plain_line(text) == SHOWN[text]


def test_a_name_is_no_formula():
    assert plain_name("=1+1") == "'=1+1"
    assert plain_name("Ada; =HYPERLINK(1)") == "Ada; '=HYPERLINK(1)"
    assert plain_name("-2.5") == "-2.5"
    assert plain_name("\x1b=1") == r"\x1b=1"
    assert plain_name(None) == ""


def test_one_is_no_plural():
    assert [count(n, "point") for n in (0, 1, 1.0, 1.5, 2, 1000)] == [
        *("0 points", "1 point", "1 point", "1.5 points", "2 points", "1,000 points")
    ]
