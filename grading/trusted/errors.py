"""What ends a test cell because of the student's process: its end, or an error of its code."""

import builtins
import sys
from collections.abc import Mapping
from typing import Any

SHOWN = 600  # characters of an error message
PAIR = 2  # module and path, where a class is from
TOO_LARGE = "takes more memory to check than grading has"


class StudentStopped(BaseException):  # noqa: N818  (an end, told to the judge, of the test cell)
    """The student's process gives no valid answers any more.

    Not an `Exception`: no `except` of a test cell shall take it for a wrong answer and go on.
    """


def student_error(told: dict[str, Any], own: Mapping[int, type[Exception]]) -> Exception:
    """The student's error as an exception of the same type, if that is a library's or built in, or
    of the student's `own` that the test knows, by their numbers.

    Its `student_error` tells the student's own type and line.
    """
    message, name = told_text(told.get("message")), told_text(told.get("type"))
    numbers = (number for number in _list(told.get("ids")) if type(number) is int)
    known = filter(None, map(loaded_class, _list(told.get("classes"))))
    kinds = (cls for cls in known if issubclass(cls, Exception))
    kind = next((own[n] for n in numbers if n in own), None) or next(kinds, RuntimeError)
    try:
        error = kind(message)
    except Exception:  # a type that wants more than a message
        error = kind.__new__(kind, message)
    return with_origin(error, f"{name}: {message}".rstrip(": "), told)


def error_class(told: dict[str, Any], own: Mapping[int, type[Exception]]) -> type[Exception]:
    """A class of errors of the student's, as a class here that a test can expect."""
    bases = [own[n] for n in _list(told.get("bases")) if type(n) is int and n in own]
    kind = loaded_class(["builtins", told.get("kind")])
    if not bases:
        bases = [kind if kind and issubclass(kind, Exception) else Exception]
    name = told_text(told.get("error"))
    return type(name if name.isidentifier() else "Error", (bases[0],), {})


def late_error(seconds: float, told: dict[str, Any]) -> Exception:
    """The error of a call that was interrupted."""
    timeout = TimeoutError(f"no answer within {seconds:g} seconds")
    return with_origin(timeout, f"TimeoutError: {timeout}", told)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this process ran out of memory; torch says so in words alone."""
    torch = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    return not hasattr(error, "student_error") and (isinstance(error, MemoryError) or torch)


def loaded_class(of: object) -> type | None:
    """The class at [module, path] in a module of a library that is loaded here.

    The course's own modules and ours don't count.
    """
    if not (isinstance(of, list) and len(of) == PAIR and all(isinstance(p, str) for p in of)):
        return None
    module, path = of
    if module == "builtins":
        found: Any = vars(builtins).get(path)
        return found if isinstance(found, type) else None
    if module not in sys.modules or not _is_library(module):
        return None
    found = sys.modules[module]
    for name in path.split("."):
        found = vars(found).get(name) if isinstance(found, type(sys) | type) else None
    return found if isinstance(found, type) else None


def _is_library(module: str) -> bool:
    top = module.split(".", maxsplit=1)[0]
    file = str(getattr(sys.modules[module], "__file__", None) or "")
    installed = "site-packages" in file or "dist-packages" in file
    return top not in ("grading", "helpers", "__main__") and (
        installed or top in sys.stdlib_module_names
    )


def _list(told: object) -> list[Any]:
    return told if isinstance(told, list) else []


def told_text(told: object) -> str:
    """Text of the student's process, safe to store and to show."""
    text = told if isinstance(told, str) else ""
    text = text.encode("utf-8", "replace").decode()[:SHOWN]
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def with_origin(error: Exception, description: str, told: dict[str, Any]) -> Exception:
    """`error`, its `student_error` the description and the student's own line.

    On one line, whatever the error's message says: what stands on a line of its own is the test's.
    """
    told_on_a_line = " ".join(f"{description}{_where(told)}".split())
    setattr(error, "student_error", told_on_a_line)  # noqa: B010 (no field of its type)
    return error


def _where(told: dict[str, Any]) -> str:
    number, name, text = told.get("line"), told_text(told.get("name")), told_text(told.get("text"))
    if type(number) is not int or not name:
        return ""
    place = f"line {number}" if name == "<module>" else f"line {number} of `{name}`"
    return f" ({place}: `{text}`)" if text else f" ({place})"
