"""What a plain `assert` of a test cell says where it doesn't hold: what was compared.

    assert squares(3) == [1, 4, 9]     "assert squares(3) == [1, 4, 9]: it is [1, 8, 27]"

The text of the assertion is told where students see it; of a hidden test only the value that their
code came to, and only where the other side is written out in the test: then it is plain which of
the two is theirs, and nothing is told of what was expected.
"""

import ast
import builtins
import reprlib
from collections.abc import Callable
from typing import Any

from grading.plan import Need
from grading.trusted.proxy import Proxy

EXPLAIN = "@explain"  # no name of Python's, so that no cell can have it
LONGEST = 300  # characters of an assertion's text
# Functions that compare their arguments: these are what is told.
COMPARES = {
    *("isinstance", "issubclass", "hasattr", "all", "any", "allclose", "isclose", "equal"),
    *("array_equal", "array_equiv", "equals"),
}
_short = reprlib.Repr()
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxdict = _short.maxarray = 12
_short.maxstring = _short.maxother = 200


def explained(tree: ast.Module, need: Need) -> ast.Module:
    """The test cell with asserts that tell what they compared, where they tell nothing yet."""
    changed = _Asserts(set(need.hidden)).visit(tree)
    return ast.fix_missing_locations(changed)


def explain(text: str, *sides: tuple[bool, Any]) -> str:
    """The message of an assertion that doesn't hold.

    Args:
        text: of the assertion; "" for one that students don't see.
        sides: what it compares, each with whether it is written out in the test.
    """
    values = [value for written, value in sides if not written]
    if len(sides) == 1 and _is_truth(values):
        values = []
    hidden = not text
    if not values or (hidden and len(values) == len(sides)):
        return f"assert {text}" if text else ""
    shown = " and ".join(map(_shown, values))
    told = f"it is {shown}" if len(values) == 1 else f"compared are {shown}"
    return f"assert {text}: {told}" if text else f"a hidden test does not hold: {told}"


def _is_truth(values: list[Any]) -> bool:
    """Whether a claim came to no more than its not being so."""
    return all(
        isinstance(value, bool) or (getattr(value, "shape", None) == () and not value)
        for value in values
    )


def _shown(value: Any) -> str:
    if isinstance(value, Proxy):
        return f"an object of type `{type(value).__name__}`"
    try:
        return _short.repr(value) if not hasattr(value, "shape") else _array(value)
    except Exception:  # a repr that fails
        return f"an object of type `{type(value).__name__}`"


def _array(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _short.maxother else f"{text[: _short.maxother]}..."


class _Asserts(ast.NodeTransformer):
    """Gives an `assert` without a message one that is made where it doesn't hold."""

    def __init__(self, hidden: set[int]):
        self._hidden = hidden

    def visit_Assert(self, node: ast.Assert) -> ast.AST:  # noqa: N802
        if node.msg is not None:
            return node
        text = ast.unparse(node.test)
        text = "" if node.lineno in self._hidden else text[:LONGEST]
        test, negated = node.test, False
        while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, negated = test.operand, not negated
        operands, rebuilt = _taken_apart(test)
        names = [f"@{i}" for i in range(len(operands))]
        kept: list[ast.expr] = [
            ast.NamedExpr(ast.Name(name, ast.Store()), operand)
            for name, operand in zip(names, operands, strict=True)
        ]
        claim = rebuilt(kept)
        node.test = ast.UnaryOp(ast.Not(), claim) if negated else claim
        sides: list[ast.expr] = [
            ast.Tuple([ast.Constant(_is_written(operand)), ast.Name(name, ast.Load())], ast.Load())
            for name, operand in zip(names, operands, strict=True)
        ]
        arguments = [ast.Constant(text), *sides]
        node.msg = ast.Call(ast.Name(EXPLAIN, ast.Load()), arguments, [])
        return node


def _taken_apart(test: ast.expr) -> tuple[list[ast.expr], Callable[[list[ast.expr]], ast.expr]]:
    """What an assertion compares, and how it is put together again."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return [test.left, *test.comparators], lambda parts: ast.Compare(
            parts[0], test.ops, parts[1:]
        )
    if isinstance(test, ast.Call) and _name(test.func) in COMPARES and _are_plain(test.args):
        return test.args, lambda parts: ast.Call(test.func, parts, test.keywords)
    return [test], lambda parts: parts[0]


def _are_plain(arguments: list[ast.expr]) -> bool:
    return not any(isinstance(arg, ast.Starred | ast.GeneratorExp) for arg in arguments)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_written(node: ast.expr) -> bool:
    """Whether a side is written out: it reads no variable, and calls nothing but constructors."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return all(isinstance(getattr(builtins, name, None), type) for name in names)
