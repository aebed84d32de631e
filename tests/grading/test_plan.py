"""What a test cell needs is read off the instructor's notebook."""

import pytest
from plainly import notebook

from grading.plan import plan
from grading.source import hidden_lines


def test_hidden_lines_are_counted_from_one():
    source = "a\n# BEGIN\nb\n# END\nc\n# BEGIN\nd"
    assert hidden_lines(source, "BEGIN", "END") == {2, 3, 4, 6, 7}


def needs(*cells):
    made = plan(notebook(*cells, ("test t", "check(a, b)")))
    return [step.source for step in made.steps], made.tests["t"]


PARTS = {
    "only what is needed": (
        [("plain", "import os\na = 1\nb = 2\nc = 3"), ("answer", "def check(a, b): pass")],
        ["a = 1", "b = 2"],
        "check",
    ),
    "what needed things need": (
        [("plain", "x = 1\ny = 2\na = b = x"), ("answer", "def check(a, b): pass")],
        ["x = 1", "a = b = x"],
        "check",
    ),
    "what changes them": (
        [
            ("plain", "a = []\nb = {}\nfor i in range(3):\n    a.append(i)\nb['x'] = a\nprint(a)"),
            ("answer", "def check(a, b): pass"),
        ],
        ["a = []", "b = {}", "for i in range(3):\n    a.append(i)", "b['x'] = a"],
        "check",
    ),
    "what depends on an answer is asked for": (
        [("answer", "def check(a, b): pass\ndef f(): pass"), ("plain", "a = f()\nb = a + 1")],
        [],
        "a b check",
    ),
    "what a function of ours calls": (
        [("answer", "def f(): pass"), ("plain", "def check(a, b): return f()\na = b = 1")],
        ["def check(a, b):\n    return f()", "a = b = 1"],
        "f",
    ),
    "what an answer changes is the student's": (
        [("plain", "a = []\nb = 2"), ("answer", "a.append(3)\ndef check(a, b): print(b)")],
        ["a = []", "b = 2"],
        "a check",
    ),
    "what is defined anew is ours": (
        [("answer", "def check(a, b): pass\na = b = 0"), ("locked l", "a = b = 1")],
        ["a = b = 1"],
        "check",
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_steps_and_names(part):
    cells, steps, asked = PARTS[part]
    found, need = needs(*cells)
    assert found == steps and " ".join(need.asked) == asked and not need.unknown


def test_a_name_that_no_cell_defines_is_known_before_anybody_hands_in():
    _, need = needs(("answer", "def check(a, b): pass"))
    assert need.unknown == ("a", "b")
    _, need = needs(("plain", "from math import *"), ("answer", "def check(a, b): pass"))
    assert not need.unknown
