"""Which names a cell defines, and which it needs, whatever the syntax."""

import sys

import pytest

from grading.names import bound_names, free_names

# source -> (names that it defines, names that it needs)
CELLS = {
    "x = 1": ("x", ""),
    "x, (y, *z) = f(a)": ("x y z", "a f"),
    "%matplotlib inline\nx = a": ("x", "a"),
    "%%time\nx = a\n!pip install b": ("x", "a"),
    "%time x = a": ("x", "a"),
    "if a:\n    %load_ext b\n    x = 1": ("x", "a"),
    "a?\nx = 1": ("x", ""),
    "x = !ls": ("x", "get_ipython"),
    "x.a = x[0] = 1": ("", "x"),
    "x: int = 1": ("x", "int"),
    "x: int": ("", "int"),
    "class C:\n    x: int = y\n    z: int": ("C", "int y"),
    "x += 1": ("x", ""),
    "def f(a, *b, c=d, **e):\n    g = a + h\n    return g": ("f", "d h"),
    "async def f(): await g()": ("f", "g"),
    "class C(B):\n    x = y\n    def f(self): return x": ("C", "B x y"),
    "f = lambda a: a + b": ("f", "b"),
    "@decorate\ndef f(): pass": ("f", "decorate"),
    "import a.b, c as d\nfrom e import f as g": ("", ""),
    "import a\na.b": ("", ""),
    "import a\na = 1": ("a", ""),
    "for i, j in range(n): pass": ("i j", "n range"),
    "with f() as (a, b): pass": ("a b", "f"),
    "[i for i in xs if i]": ("", "xs"),
    "[y := i for i in xs]": ("y", "xs"),
    "def f(): return [y := i for i in xs]": ("f", "xs"),
    "if (n := len(xs)): print(n)": ("n", "len print xs"),
    "try:\n    f()\nexcept ValueError as e:\n    print(e)\n    g = 1": ("g", "ValueError f print"),
    "e = 1\ntry: pass\nexcept ValueError as e: pass": ("e", "ValueError"),
    "match x:\n    case [a, *b]: pass\n    case {'k': c, **d}: pass\n    case P(q=e) as g: pass": (
        "a b c d e g",
        "P x",
    ),
    "def f():\n    global x\n    x = y": ("f x", "y"),
    "def f():\n    global x\n    return x": ("f", "x"),
    "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    return g": ("f", ""),
    "class C:\n    global x\n    x = 1": ("C x", ""),
    "x = y = 1\ndel x": ("y", ""),
    "x = 1\ndel x\nx = 2": ("x", ""),
    "for i in a: pass\ndel i, b[0]": ("", "a b"),
    "x = [1]\ndel x[0]": ("x", ""),
    "if a:\n    del x": ("", "a x"),
    "def f():\n    x = 1\n    del x": ("f", ""),
    "def f(x): return x\nf(y)": ("f", "y"),
    "f'{a!r:>{b}} {c=}'": ("", "a b c"),
    "print(x); x = 1": ("x", "print"),
    "while (line := read()): pass\nelse: last = line": ("line last", "read"),
}
if sys.version_info >= (3, 12):
    CELLS["type A[T] = dict[T, B]"] = ("A", "B dict")
    CELLS["def f[T](x: T) -> U: return x"] = ("f", "U")
    CELLS["class C[T](B): pass"] = ("C", "B")


@pytest.mark.parametrize("source", CELLS)
def test_names(source):
    defined, needed = CELLS[source]
    assert bound_names(source) == set(defined.split())
    assert free_names(source) == set(needed.split())


def test_what_is_no_python_says_so():
    for names in (bound_names, free_names):
        with pytest.raises(SyntaxError):
            names("x = (")
