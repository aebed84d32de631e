"""A module that isn't installed here costs a student no more than what needs it.

An `import` at the top of a cell that fails binds a stand-in: what is only called for its effect, a
plot or a log, does nothing; whatever needs a value of it says which module is missing. An import
within `try`, or within `suppress`, is left to the student. The judge is told the module's name.
"""

import ast
import importlib
import sys
import types
from typing import Any, NoReturn

ABSENT = "application/vnd.grading.absent"  # a display of this type holds a module's name
FAILURES = "(__import__('builtins').ImportError, __import__('builtins').OSError)"
STAND_IN = "__import__('sys').modules['grading.student.absent'].stand_in"
NO_VALUE = (
    *("getitem", "setitem", "contains", "iter", "next", "len", "bool", "int", "float", "index"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "matmul", "pow", "neg"),
    *("lt", "le", "gt", "ge", "array", "fspath", "await"),
    *("mro_entries", "instancecheck", "subclasscheck"),
)


class Absent:
    """Stands in for a module that isn't there, and for whatever is in it.

    Attributes and calls give the stand-in again, so that what is done for its effect is left out; a
    decorator gives the function that it decorates.
    """

    def __init__(self, module: str) -> None:
        object.__setattr__(self, "_absent", module)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"{missing(self)} (`{name}` was asked for)")
        return self

    def __setattr__(self, name: str, value: object) -> None:
        """Keeps nothing."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        decorated = arguments[0] if len(arguments) == 1 and not named else None
        return decorated if isinstance(decorated, types.FunctionType | type) else self

    @classmethod
    def __torch_function__(
        cls, function: object, types: object, args: Any = (), kwargs: Any = None
    ) -> NoReturn:
        """Called by torch for what was to be a tensor."""
        given = [value for value in (*args, *(kwargs or {}).values()) if isinstance(value, cls)]
        told = missing(given[0]) if given else "a module is not installed where this is graded"
        raise ModuleNotFoundError(told)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __repr__(self) -> str:
        return f"<{missing(self)}>"


def _needs_a_value(self: Absent, *_: Any, **__: Any) -> NoReturn:
    raise ModuleNotFoundError(missing(self), name=self._absent)


for _name in NO_VALUE:
    setattr(Absent, f"__{_name}__", _needs_a_value)


def missing(stand_in: Absent) -> str:
    """What is missing, as a sentence."""
    return f"`{stand_in._absent}` is not installed where this is graded"


def stand_in(module: str, name: str, top: bool) -> Any:
    """What a failed import binds; called while its error is being handled.

    Args:
        module: what was imported, or imported from.
        name: what was imported from it, "" for the module itself.
        top: the package that `module` is in is bound, as by `import a.b`.
    """
    error = sys.exc_info()[1]
    lacking = getattr(error, "name", None) or module
    if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{lacking}."):
        lacking = module
    absent = Absent(lacking)
    _tell(lacking)
    parts = module.split(".")
    for there in range(len(parts) - 1, 0, -1) if top else ():
        try:
            parent = importlib.import_module(".".join(parts[:there]))
        except Exception:  # it's missing, too, or fails
            continue
        setattr(parent, parts[there], absent)
        return sys.modules[parts[0]]
    return absent


def _tell(module: str) -> None:
    from IPython.core.getipython import get_ipython  # noqa: PLC0415  (only in a kernel)

    if shell := get_ipython():
        shell.display_pub.publish({ABSENT: module})


class _Imports(ast.NodeTransformer):
    """Makes each import at a cell's top level one that may fail."""

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:  # noqa: N802
        return [
            _may_fail(
                ast.Import([alias]),
                alias.asname or alias.name.split(".")[0],
                (alias.name, "", not alias.asname),
                node,
            )
            for alias in node.names
        ]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:  # noqa: N802
        if node.module == "__future__":
            return node
        return [
            _may_fail(
                ast.ImportFrom(node.module, [alias], node.level),
                "_" if alias.name == "*" else alias.asname or alias.name,
                (node.module or ".", alias.name, False),
                node,
            )
            for alias in node.names
        ]

    def visit_With(self, node: ast.With) -> ast.AST:  # noqa: N802
        suppressing = any("suppress" in ast.unparse(item.context_expr) for item in node.items)
        return node if suppressing else self.generic_visit(node)

    def leave(self, node: ast.AST) -> ast.AST:
        """What is in here is left as the student wrote it."""
        return node

    visit_Try = visit_TryStar = visit_FunctionDef = visit_AsyncFunctionDef = leave  # noqa: N815
    visit_ClassDef = visit_Lambda = leave  # noqa: N815


def _may_fail(
    statement: ast.stmt, bound: str, arguments: tuple[str, str, bool], place: ast.stmt
) -> ast.stmt:
    """`statement`, which binds a stand-in where it fails; it counts as the line of `place`."""
    source = f"try:\n    {ast.unparse(ast.fix_missing_locations(statement))}\n"
    source += f"except {FAILURES}:\n    {bound} = {STAND_IN}{arguments!r}"
    (made,) = ast.parse(source).body
    for node in ast.walk(made):
        ast.copy_location(node, place)
    return made


def forgive_imports() -> None:
    """From now on an import that fails at the top of a cell doesn't end the cell."""
    from IPython.core.getipython import get_ipython  # noqa: PLC0415  (only in a kernel)

    if shell := get_ipython():
        shell.ast_transformers.append(_Imports())
