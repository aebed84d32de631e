"""The statements of a cell, and what of it is hidden from students."""

import ast

from grading.magics import as_python


def statements(source: str) -> list[ast.stmt]:
    """The statements of a cell; none where it is no Python."""
    try:
        return ast.parse(as_python(source)).body
    except (SyntaxError, ValueError):
        return []


def hidden_lines(source: str, begin: str, end: str) -> set[int]:
    """The numbers of the lines of a test cell that students don't see, from 1.

    Args:
        begin, end: what marks the hidden part (nbgrader's `ClearHiddenTests`).
    """
    hidden, inside = set(), False
    for number, line in enumerate(source.split("\n"), 1):
        inside = inside or begin in line
        if inside:
            hidden.add(number)
        inside = inside and end not in line
    return hidden
