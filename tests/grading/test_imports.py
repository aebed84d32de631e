"""Imports point down only, and into each process goes no more than belongs there."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {f"grading.{p.parent.name}" for p in ROOT.glob("grading/*/__init__.py")}
# Those of one folder never import from these, not even in a function.
NEVER = {
    "helpers": {"grading", "nbgrader"},
    "grading.student": FOLDERS - {"grading.student"} | {"nbgrader"},
    "grading.trusted": FOLDERS - {"grading.trusted"} | {"nbgrader"},
    "grading.sandbox": FOLDERS - {"grading.sandbox", "grading.student"} | {"nbgrader"},
    "grading.judge": {"grading.coordinator", "grading.feedback", "grading.plugins"},
    "grading.coordinator": {"grading.feedback", "grading.plugins", "grading.student"},
    "grading.feedback": {"grading.plugins", "grading.sandbox", "grading.student"},
    "grading.plugins": {"grading.sandbox", "grading.student", "grading.trusted"},
    "grading.unseen": FOLDERS - {"grading.unseen"} | {"nbgrader"},
}
ENTRANCES = {"grading.__main__", "grading.course"}  # of the command line, and of a configuration
SHARED = FOLDERS | {"nbgrader"}  # never imported by the modules that several processes share
# All there is beside the standard library.
STUDENT = {"torch", "numpy", "grading.wire", "grading.arrays"}
STUDENT |= {"grading.streams", "grading.student.absent"}
STUDENT |= {"grading.student.callbacks", "grading.student.traces", "grading.student.filter"}
# launch.py becomes ipykernel, once the student's files are there and the limits hold; then the
# shell's cells get their budget.
STUDENT_IN_FUNCTIONS = {
    "grading.student.launch": {"zmq", "ipykernel.kernelapp", "grading.student.first"},
    "grading.student.budget": {"IPython.core.getipython"},
    "grading.student.absent": {"IPython.core.getipython"},
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path.read_text(encoding="utf-8")
    for package in ("helpers", "grading")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imported(source, in_functions=True):
    """The modules that a source file imports; `from package import module` means that module."""
    found, nodes = set(), [ast.parse(source)]
    for node in nodes:
        if in_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports: say where it is"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & MODULES.keys()) | ({node.module} if names - MODULES.keys() else set())
    return found


def within(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_every_import_is_seen():
    source = (
        "import a.b\nclass C:\n    def f(self):\n        from grading import wire\n        import d"
    )
    assert imported(source) == {"a.b", "grading.wire", "d"}
    assert imported(source, in_functions=False) == {"a.b"}
    assert imported("from grading.wire import encode") == {"grading.wire"}


@pytest.mark.parametrize("package", NEVER)
def test_imports_point_down_only(package):
    wrong = {
        (module, name)
        for module, source in MODULES.items()
        if within(module, [package])
        for name in imported(source)
        if within(name, NEVER[package])
    }
    assert not wrong


def test_what_processes_share_belongs_to_none_of_them():
    shared = {m: s for m, s in MODULES.items() if m.count(".") == 1 and m.startswith("grading.")}
    shared = {
        m: s for m, s in shared.items() if m not in FOLDERS | {"grading.__main__", "grading.course"}
    }
    assert {"grading.wire", "grading.names", "grading.cells"} <= shared.keys()
    wrong = {(m, name) for m, s in shared.items() for name in imported(s) if within(name, SHARED)}
    assert not wrong


def test_a_students_kernel_gets_the_standard_library_torch_and_the_wire():
    for module, source in MODULES.items():
        if within(module, ["grading.student"]):
            names = {n for n in imported(source) if n.split(".")[0] not in sys.stdlib_module_names}
            extra = names - STUDENT
            assert extra <= STUDENT_IN_FUNCTIONS.get(module, set()), module
            assert not extra & imported(source, in_functions=False), module


def test_nothing_that_is_installed_imports_tests_or_scripts():
    helping = [*ROOT.glob("scripts/**/*.py"), *ROOT.glob("tests/support/*.py")]
    names = {"tests", "scripts", "conftest"} | {path.stem for path in helping}
    wrong = {
        (module, name)
        for module, source in MODULES.items()
        for name in imported(source)
        if name.split(".")[0] in names
    }
    assert not wrong


def test_no_modules_import_one_another_in_a_circle():
    graph = {m: imported(s, in_functions=False) & MODULES.keys() - {m} for m, s in MODULES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
