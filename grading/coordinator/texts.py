"""What the text of a student's cell is, found out without running it."""

import ast
import re
import symtable

MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.M)  # a line of IPython's
RUNS_ITS_BODY = re.compile(r"%%(time|capture|prun)\b")
DEFINITION = re.compile(r"^(?:(?:async\s+)?def\s+|class\s+)?([^\W\d]\w*)\s*(?=[(:=])", re.M)


def is_answered(source: str, stub: str) -> bool:
    """Whether an answer's cell holds more than what was handed out, comments and spaces aside."""
    text, stub = source.strip(), stub.strip()
    if not text or text == stub:
        return False
    if len(text) > 2 * len(stub):  # more than a stub without its comments
        return True
    try:
        return ast.dump(ast.parse(text)) != ast.dump(ast.parse(stub))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True


def defined_names(source: str, is_code: bool = True) -> set[str]:
    """The names that a student's cell defines or imports at its top level.

    Args:
        is_code: the cell is one of code. Then lines that look like definitions count where it is
            no valid Python; a text that isn't defines nothing.
    """
    if source.startswith("%%") and not RUNS_ITS_BODY.match(source):
        return set()
    plain = MAGIC.sub(r"\1pass", source)
    try:
        table = symtable.symtable(plain, "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(DEFINITION.findall(plain)) if is_code else set()
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
