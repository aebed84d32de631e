"""A missing module costs what needs it, and the student's own way around it works as written."""

import ast
import sys
import types

import pytest
import torch

from grading.student import absent
from grading.student.serve import _reference


@pytest.fixture
def run(monkeypatch):
    """Runs a cell as a kernel does: what it defines, and the modules that were told missing."""
    told = []
    monkeypatch.setattr(absent, "_tell", told.append)

    def cell(source):
        told.clear()
        tree = ast.fix_missing_locations(absent._Imports().visit(ast.parse(source)))
        names = {"__name__": "__main__"}
        exec(compile(tree, "<cell>", "exec"), names)
        return types.SimpleNamespace(**names, told=list(told))

    return cell


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import nosuch as ns\nns.set_theme()", "nosuch"),
        ("import nosuch.part.deeper as d, json\nd.do(1)\njson.dumps(1)", "nosuch.part.deeper"),
        ("import nosuch.part\nnosuch.part.x = nosuch.part.y(3)", "nosuch.part"),
        ("from nosuch.part import a as b, c\nb(c.d)", "nosuch.part"),
        ("from nosuch import *", "nosuch"),
        ("from json import nosuch\nnosuch()", "json"),
        ("import json.nosuch\njson.dumps(json.nosuch.f is None)", "json.nosuch"),
        (
            "if True:\n    from nosuch import Writer\nwith Writer('runs') as w:\n    w.add(1)",
            "nosuch",
        ),
        ("import warnings\nwith warnings.catch_warnings():\n    import nosuch", "nosuch"),
    ],
)
def test_the_rest_of_the_cell_runs_and_the_module_is_told(run, source, module):
    cell = run(f"before = 1\n{source}\nafter = before + 1")
    assert (cell.after, set(cell.told)) == (2, {module})
    sys.modules["json"].__dict__.pop("nosuch", None)


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import nosuch\n    found = True\nexcept ImportError:\n    found = False",
        "from contextlib import suppress\nfound = False\nwith suppress(ImportError):\n"
        "    import nosuch\n    found = True",
        "def there():\n    import nosuch\n    return True\n"
        "try:\n    found = there()\nexcept ModuleNotFoundError:\n    found = False",
    ],
)
def test_a_students_own_way_around_it_works_as_written(run, source):
    cell = run(source)
    assert (cell.found, cell.told) == (False, [])


@pytest.mark.parametrize(
    "use",
    [
        "y = ns.array([1]) + 1", "y = 2 * ns.x", "for x in ns.track(range(3)): pass", "ns.df['a']",
        "float(ns.mean())", "if ns.version() > 1: pass", "class A(ns.Module): pass", "len(ns.x)",
        "torch.nn.Linear(2, 2)(ns.x)", "isinstance(1, ns.T)", "torch.as_tensor(ns.x)",
    ],
)  # fmt: skip
def test_what_needs_a_value_says_what_is_missing(run, use):
    with pytest.raises((ModuleNotFoundError, RuntimeError, TypeError), match="`nosuch` is not"):
        run(f"import torch\nimport nosuch as ns\n{use}")


def test_a_decorator_gives_the_function_itself(run):
    cell = run(
        "from nosuch import jit\n@jit\ndef f():\n    return 1\n@jit(fast=1)\ndef g(): return 2"
    )
    assert (cell.f(), cell.g()) == (1, 2)


def test_an_answer_that_holds_a_stand_in_says_what_is_missing(run):
    value = run("import nosuch as ns\nvalue = ns.Series([1]).rolling(10).mean()").value
    with pytest.raises(ModuleNotFoundError, match="`nosuch` is not installed where this is graded"):
        _reference(value)
    with pytest.raises(AttributeError, match="`nosuch` is not"):
        _ = value.__version__


def test_the_line_of_an_error_is_the_students(run):
    with pytest.raises(ZeroDivisionError) as caught:
        run("import nosuch\n\n1 / 0")
    assert caught.traceback[-1].lineno + 1 == 3  # noqa: PLR2004
    assert torch.is_tensor(
        run("from __future__ import annotations\nimport torch\nx = torch.ones(1)").x
    )
