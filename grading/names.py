"""The names of a cell: which it defines, and which it needs from elsewhere.

A test may use what the instructor's answers define, and a student's process is asked for what the
test needs of it. Python's own compiler says what a name in a cell means (`symtable`); what only
IPython understands is taken as `grading.magics` reads it.
"""

import ast
import symtable
from collections.abc import Iterator

from grading.magics import as_python


def bound_names(source: str) -> set[str]:
    """The names that a cell defines at its top level and leaves behind; imports are no definitions.

    Raises:
        SyntaxError: `source` is neither Python nor IPython's.
    """
    defined: set[str] = set()
    for statement in ast.parse(as_python(source)).body:
        if isinstance(statement, ast.Delete):
            names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            defined -= {name.id for name in names if isinstance(name.ctx, ast.Del)}
            continue
        module = _Lasting().visit(ast.Module([statement], []))
        defined |= {s.get_name() for s, top in _symbols(module) if _is_global_target(s, top)}
    return defined


def free_names(source: str) -> set[str]:
    """The names that a cell reads, in any of its scopes, and neither binds nor imports itself.

    Raises:
        SyntaxError: `source` is neither Python nor IPython's.
    """
    read: set[str] = set()
    own: set[str] = set()
    for symbol, top in _symbols(_Plain().visit(ast.parse(as_python(source)))):
        if symbol.is_referenced() and (top or symbol.is_global()):
            read.add(symbol.get_name())
        if _is_global_target(symbol, top) or (top and symbol.is_imported()):
            own.add(symbol.get_name())
    return read - own


def _symbols(module: ast.Module) -> Iterator[tuple[symtable.Symbol, bool]]:
    """The names in all scopes of a module, each with whether its scope is the module's own."""
    tables = [symtable.symtable(ast.unparse(module), "<cell>", "exec")]
    for table in tables:
        tables += table.get_children()
        for symbol in table.get_symbols():
            yield symbol, table is tables[0]


def _is_global_target(symbol: symtable.Symbol, top: bool) -> bool:
    """Whether the cell's own namespace gets this name, other than by an import."""
    return symbol.is_assigned() and (top or symbol.is_declared_global())


class _Plain(ast.NodeTransformer):
    """Makes `del x` an `x`, which to the compiler would be an assignment, and `x: t = v` plain."""

    def visit_Delete(self, node: ast.Delete) -> ast.AST:  # noqa: N802
        return ast.Expr(ast.Tuple(node.targets, ast.Load()))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:  # noqa: N802
        value = [ast.Assign([node.target], node.value, lineno=0)] if node.value else []
        return [ast.Expr(node.annotation), *value]


class _Lasting(_Plain):
    """Removes the targets that have no value afterwards, too."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:  # noqa: N802
        node.name = None  # `except E as e` unbinds e at its end
        return self.generic_visit(node)
