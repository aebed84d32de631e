"""IPython's own syntax in a cell (`%matplotlib inline`, `!pip`, `%%time`, `plot?`) as plain Python.

A student's kernel is IPython and knows all of it. The process that runs the tests isn't: there,
what only shows, measures or installs something is left out, with every shell command. What could
make a difference is left out, too, and `refused` names it.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

from nbformat.notebooknode import NotebookNode

from grading.cells import grade_id, is_locked, is_test

# Line magics that a test can do without: they show, measure, set up the notebook, or install.
LEFT_OUT = frozenset(
    re.findall(
        r"\w+",
        """
        alias_magic aimport autoreload automagic colors conda config debug doctest_mode gui
        hist history ll load_ext ls lsmagic magic mamba matplotlib memit micromamba page pdb
        pdef pdoc pfile pinfo pinfo2 pip pprint precision prun psearch psource pwd quickref
        reload_ext tb tensorboard time timeit uv watermark who who_ls whos xmode
        """,
    )
)
# Cell magics that show what isn't Python, or that leave no names behind.
LEFT_OUT_CELLS = {"HTML", "SVG", "html", "javascript", "js", "latex", "markdown", "svg", "timeit"}
# Those that run their cell as if they weren't there.
PYTHON_CELLS = {"time", "capture", "prun", "debug", "python", "python3"}
PYLAB = "import numpy as np, matplotlib.pyplot as plt; from pylab import *; from numpy import *"
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
_FILE = re.compile(r"(?:-i\s+)?(?:\./)?([^\W\d]\w*)(?:\.py)?")


def as_python(source: str) -> str:
    """A cell's text as Python, line by line, without what only IPython understands.

    `%pylab` and `%run file.py` import what they define; what is assigned the result of a magic or
    of a command reads `get_ipython()` in its place. Text that is neither Python nor IPython's is
    left alone.
    """
    if _is_plain(source):
        return source
    if match := _CELL_MAGIC.match(source):
        rest = source[match.end() :]
        return "\n" * match[0].count("\n") + as_python(rest) if match[1] in PYTHON_CELLS else ""
    text = _transformed(source)
    try:
        calls = list(_calls(ast.parse(text)))
    except SyntaxError:
        return source
    for node, does, (name, *rest) in reversed(calls):
        said = _instead(does, name, rest[0] if rest else "") if isinstance(node, ast.Expr) else None
        text = _replaced(text, node if said else node.value, said or "get_ipython()")
    return text


def refused(source: str) -> list[str]:
    """What of IPython's syntax in a cell the tests may not be able to do without, as it is written.

    Text that isn't even IPython's is no concern of this.
    """
    if _is_plain(source):
        return []
    if match := _CELL_MAGIC.match(source):
        if match[1] in PYTHON_CELLS:
            return refused(source[match.end() :])
        return [] if match[1] in LEFT_OUT_CELLS else [f"%%{match[1]}"]
    try:
        calls = list(_calls(ast.parse(_transformed(source))))
    except SyntaxError:
        return []
    return [
        _written(does, *texts)
        for node, does, texts in calls
        if isinstance(node, ast.Assign) or _may_matter(does, *texts[:2])
    ]


def refused_in(nb: NotebookNode) -> list[str]:
    """What the instructor should change so that a notebook is surely graded, a sentence each."""
    return [
        f"The cell {grade_id(cell)} says `{text}`, which does nothing where the tests run: that is "
        "outside of IPython. Where they need it, please write it in Python, or put its result into "
        "a file beside the notebook."
        for cell in nb.cells
        if is_locked(cell) or is_test(cell)
        for text in refused(cell.source)
    ]


def _is_plain(source: str) -> bool:
    """Whether there is nothing of IPython's in it."""
    if "get_ipython()." in source:
        return False
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _transformed(source: str) -> str:
    """A cell in which what is IPython's is a call of `get_ipython()`."""
    # Only where it is wanted: the process that runs the tests would take long to import it.
    from IPython.core.inputtransformer2 import TransformerManager  # noqa: PLC0415

    return TransformerManager().transform_cell(source)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Expr | ast.Assign, str, list[Any]]]:
    """Statements that call one of IPython's functions: which, and with which texts."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=call) | ast.Assign(value=call) if found := _call(call):
                yield node, *found


def _call(node: ast.expr) -> tuple[str, list[Any]] | None:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=does),
            args=[_, *_] as args,
        ) if all(isinstance(arg, ast.Constant) for arg in args):
            return does, [arg.value for arg in args if isinstance(arg, ast.Constant)]
    return None


def _may_matter(does: str, name: str, rest: str = "") -> bool:
    """Whether a statement of IPython's is left out, and may be more than show or measure."""
    harmless = does == "system" or name in LEFT_OUT
    return not harmless and _instead(does, name, rest) == "pass"


def _instead(does: str, name: str, rest: str = "") -> str:
    """What stands in the place of a statement of IPython's."""
    if does == "run_line_magic" and name in ("time", "pylab", "run"):
        if name == "time" and rest.strip():
            return as_python(rest)
        if name == "pylab":
            return PYLAB
        if name == "run" and (file := _FILE.fullmatch(rest.strip())):
            return f"from {file[1]} import *"
    return "pass"


def _replaced(text: str, node: ast.stmt | ast.expr, said: str) -> str:
    """`text` with a node said otherwise, on as many lines."""
    lines = text.encode().split(b"\n")
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    new = [before + said.encode() + after, *[b""] * (last - first)]
    return b"\n".join([*lines[:first], *new, *lines[last + 1 :]]).decode()


def _written(does: str, name: str, rest: str = "", *_: object) -> str:
    """A call of IPython's as it is written in a cell."""
    marks = {"run_line_magic": "%", "run_cell_magic": "%%", "getoutput": "!", "system": "!"}
    return f"{marks.get(does, '')}{name} {rest}".strip()
