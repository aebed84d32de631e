"""A cell's text as plain Python, without what only IPython understands; what of it is hidden."""

import ast
import re

# Cell magics whose cell is Python all the same.
PYTHON_CELLS = {"time", "timeit", "capture", "prun", "debug", "python", "python3"}
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
_COMMAND = re.compile(r"(\s*)([%!?].*|[\w.%]+\?{1,2}\s*)")
# What two of them define, said in Python.
_PYLAB = re.compile(r"(\s*)%pylab\b.*")
_RUN = re.compile(r"(\s*)%run\s+(?:-i\s+)?(?:\./)?([^\W\d]\w*)(?:\.py)?\s*")
PYLAB = "import numpy as np, matplotlib.pyplot as plt; from pylab import *; from numpy import *"
_ASSIGNED = re.compile(r"(\s*[\w, ]+=\s*)[%!].*")


def as_python(source: str) -> str:
    """A cell's text as Python, line by line: magics and shell commands do nothing.

    But `%pylab` and `%run file.py` import what they define, and what is assigned the result of a
    magic reads `get_ipython()` in its place. Text that is Python already is left alone, and so is
    what doesn't become Python.
    """
    if _is_python(source):
        return source
    if match := _CELL_MAGIC.match(source):
        rest = source[match.end() :]
        return "\n" * match[0].count("\n") + as_python(rest) if match[1] in PYTHON_CELLS else ""
    lines = []
    for line in source.split("\n"):
        if match := _PYLAB.fullmatch(line):
            line = f"{match[1]}{PYLAB}"  # noqa: PLW2901
        elif match := _RUN.fullmatch(line):
            line = f"{match[1]}from {match[2]} import *"  # noqa: PLW2901
        elif match := _ASSIGNED.fullmatch(line):
            line = f"{match[1]}get_ipython()"  # noqa: PLW2901
        elif match := _COMMAND.fullmatch(line):
            line = f"{match[1]}pass"  # noqa: PLW2901
        lines.append(line)
    plain = "\n".join(lines)
    return plain if _is_python(plain) else source


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


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
