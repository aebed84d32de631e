"""What one statement does to names: which it defines, changes and reads, at once or if called."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from grading.names import bound_names, free_names

IMPORTS = (ast.Import, ast.ImportFrom)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DRAWS = ("rand", "seed", "rng", "generator")  # parts of the names of what draws random numbers
# Methods that change what they are called on; in a function's body only these count.
MUTATORS = {
    *("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "add", "discard"),
    *("update", "setdefault", "popitem", "appendleft", "popleft", "extendleft", "rotate", "fill"),
}
EVERYTHING = "*"  # the name that `from module import *` defines


@dataclass(frozen=True)
class Uses:
    """What a statement does to names.

    Attributes:
        binds: names that it defines; "*" for those of a whole module.
        changes: names whose objects it may change.
        now: names that it reads; later: names that a function reads which it defines.
        changes_later: names whose objects or values such a function changes.
    """

    binds: frozenset[str]
    changes: frozenset[str]
    now: frozenset[str]
    later: frozenset[str]
    changes_later: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        """All that it reads."""
        return self.now | self.later


def uses(statement: ast.stmt) -> Uses:
    """What a statement does to names."""
    text = ast.unparse(statement)
    at_once = _WithoutBodies().visit(ast.parse(text)).body[0]
    now, all_read = _free(ast.unparse(at_once)), _free(text)
    changes = _changes(at_once, bare=True)
    later = _changes(statement, bare=False) & all_read | _globals(statement)
    return Uses(
        binds=frozenset(_imported(at_once) | bound_names(text)),
        changes=frozenset(changes),
        now=frozenset(now),
        later=frozenset(all_read - now),
        changes_later=frozenset(later - changes),
    )


def _free(text: str) -> set[str]:
    """The names that a text reads; a statement that changes a name in place reads it, too."""
    changed = {n.target for n in ast.walk(ast.parse(text)) if isinstance(n, ast.AugAssign)}
    return free_names(text) | {target.id for target in changed if isinstance(target, ast.Name)}


def _imported(statement: ast.stmt) -> set[str]:
    nodes = [node for node in ast.walk(statement) if isinstance(node, IMPORTS)]
    return {(alias.asname or alias.name).split(".")[0] for n in nodes for alias in n.names}


def _globals(statement: ast.stmt) -> set[str]:
    return {n for node in ast.walk(statement) if isinstance(node, ast.Global) for n in node.names}


def _changes(statement: ast.stmt, bare: bool) -> set[str]:
    """The names whose objects a statement may change.

    bare: by any method whose result is not used, not just by the MUTATORS.
    """
    found: set[str | None] = set()
    alone = {id(n.value) for n in ast.walk(statement) if isinstance(n, ast.Expr)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute):
            if isinstance(node.ctx, ast.Store | ast.Del):
                found.add(_root(node))
        elif isinstance(node, ast.AugAssign) and bare:
            found.add(_root(node.target))
        elif isinstance(node, ast.Call):
            found |= set(_changed_by(node, bare and id(node) in alone))
    return {name for name in found if name}


def _changed_by(call: ast.Call, alone: bool) -> Iterator[str | None]:
    if isinstance(call.func, ast.Attribute):
        in_place = any(word.arg == "inplace" for word in call.keywords)
        path = ast.unparse(call.func)
        draws = any(part in path.split("(")[0] for part in DRAWS)
        if alone or in_place or draws or call.func.attr in MUTATORS:
            yield _root(call.func)
    elif alone and isinstance(call.func, ast.Name) and not hasattr(builtins, call.func.id):
        yield from (arg.id for arg in call.args if isinstance(arg, ast.Name))


def _root(node: ast.expr) -> str | None:
    """The name that an expression like `a.b[0].c` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


class _WithoutBodies(ast.NodeTransformer):
    """Leaves of functions what runs when they are defined: decorators and defaults."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:  # noqa: N802
        node.body = [ast.Pass()]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:  # noqa: N802
        node.body = ast.Constant(None)
        return node


def read_first(source: str) -> set[str]:
    """The names that a cell's own lines read before they are set or deleted there.

    Raises:
        SyntaxError: `source` isn't Python.
    """
    order = _Order()
    order.visit(_WithoutBodies().visit(ast.parse(source)))
    return order.read


class _Order(ast.NodeVisitor):
    """Meets names in the order in which they are evaluated."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self._set: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:  # noqa: N802
        if isinstance(node.ctx, ast.Store):
            self._set.add(node.id)
        elif node.id not in self._set:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:  # noqa: N802
        for part in (node.value, *node.targets):
            self.visit(part)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:  # noqa: N802
        self.visit(node.value)
        if isinstance(node.target, ast.Name) and node.target.id not in self._set:
            self.read.add(node.target.id)
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:  # noqa: N802
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """Its target is a name of its own: what else is read is found by `free_names`."""

    def visit_ListComp(self, node: ast.expr) -> None:  # noqa: N802
        """See above."""

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815
