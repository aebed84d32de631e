"""IPython's own syntax in a cell (`%matplotlib inline`, `!pip`, `%%time`, `plot?`) as plain Python.

A student's kernel is IPython and knows all of it. The process that runs the tests isn't: there,
what only shows, measures or installs something is left out, with every shell command, and what
could make a difference is refused.
"""

import ast
import re
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
PYTHON_CELLS = {"time", "capture", "prun"}  # run their cell as if they weren't there


def as_python(source: str) -> str:
    """A cell's text as Python, without what a test can do without.

    Python is left as it is. What is refused (`refused`) stays a call of `get_ipython()`.

    Raises:
        SyntaxError: it isn't what IPython understands.
    """
    if _is_plain(source):
        return source
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(_parsed(source))))


def refused(source: str) -> list[str]:
    """What of IPython's syntax in a cell can't be left out, as it would be written in a cell.

    Text that isn't even IPython's is no concern of this.
    """
    try:
        tree = ast.parse(as_python(source))
    except SyntaxError:
        return []
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [text for call in calls if (text := _written(call))]


def refused_in(nb: NotebookNode) -> list[str]:
    """What the instructor has to change so that a notebook can be graded, a sentence each."""
    return [
        f"The cell {grade_id(cell)} says `{text}`, which the tests can't do without and can't do: "
        "they run outside of IPython. Please write it in Python, or put its result into a file "
        "beside the notebook."
        for cell in nb.cells
        if is_locked(cell) or is_test(cell)
        for text in refused(cell.source)
    ]


def _is_plain(source: str) -> bool:
    """Whether there is nothing of IPython's in it."""
    if "get_ipython" in source:
        return False
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _parsed(source: str) -> ast.Module:
    # Only where it is wanted: the process that runs the tests would take long to import it.
    from IPython.core.inputtransformer2 import TransformerManager  # noqa: PLC0415

    return ast.parse(TransformerManager().transform_cell(source))


class _Plain(ast.NodeTransformer):
    """Replaces statements that are a call of IPython's."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:  # noqa: N802
        does, (name, *rest) = _call(node.value)
        if does == "run_line_magic" and name == "time" and rest[0].strip():
            return ast.parse(as_python(rest[0])).body
        if does == "run_cell_magic" and name in PYTHON_CELLS:
            return ast.parse(as_python(rest[1])).body or ast.Pass()
        left_out = (
            does == "system"
            or (does == "run_line_magic" and name in LEFT_OUT)
            or (does == "run_cell_magic" and name in LEFT_OUT_CELLS)
        )
        return ast.Pass() if left_out else node


def _call(node: ast.AST) -> tuple[str, list[Any]]:
    """Which of IPython's functions is called with which texts; "" where none is."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=does),
            args=args,
        ) if args and all(isinstance(arg, ast.Constant) for arg in args):
            return does, [arg.value for arg in args if isinstance(arg, ast.Constant)]
    return "", [""]


def _written(call: ast.Call) -> str:
    """A call of IPython's as it is written in a cell; "" where it is none."""
    does, (name, *rest) = _call(call)
    marks = {"run_line_magic": "%", "run_cell_magic": "%%", "getoutput": "!", "system": "!"}
    return f"{marks[does]}{name} {rest[0] if rest else ''}".strip() if does in marks else ""
