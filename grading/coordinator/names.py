"""Which names a cell defines: what the tests may ask a student's process for."""

import ast


class _Bound(ast.NodeVisitor):
    def __init__(self):
        self.names: set[str] = set()

    def visit_FunctionDef(self, node) -> None:  # noqa: N802
        self.names.add(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # noqa: N815

    def visit_Name(self, node: ast.Name) -> None:  # noqa: N802
        if isinstance(node.ctx, ast.Store):
            self.names.add(node.id)

    def visit_Lambda(self, node) -> None:  # noqa: N802
        pass

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda  # noqa: N815


def bound_names(source: str) -> set[str]:
    """The names that a cell defines at its top level by itself (imports are no definitions)."""
    visitor = _Bound()
    visitor.visit(ast.parse(source))
    return visitor.names
