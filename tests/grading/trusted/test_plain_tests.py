"""Test cells as any nbgrader course has them: they pass a right answer and fail a wrong one."""

import pytest
from plainly import SECONDS, judged, notebook

from grading.verdict import Status

# name: (cells; the second answer of the list is a wrong one)
IDEAS = {
    "a value": ([("answer a", "x = 5"), ("test t", "assert x == 5")], "x = 6"),
    "a function": (
        [("answer a", "def f(x): return x * x"), ("test t", "assert f(3) == 9")],
        "def f(x): return x",
    ),
    "an import of an unmarked cell": (
        [
            ("plain", "import math\nfrom math import pi as half\nhalf /= 2"),
            ("answer a", "def f(x): return math.sin(x)"),
            ("test t", "assert math.isclose(f(half), 1)"),
        ],
        "def f(x): return x",
    ),
    "data of an unmarked cell": (
        [
            ("plain", "import random\nrandom.seed(3)\nrows = []\nfor _ in range(9):\n"
             "    rows.append(random.random())"),
            ("answer a", "top = max(rows)"),
            ("test t", "assert top == max(rows)"),
        ],
        "top = 2",
    ),
    "data that nobody seeded": (
        [
            ("plain", "import numpy as np\nnp.random.rand(3)\nrows = np.random.rand(5)"),
            ("answer a", "total = rows.sum()"),
            ("test t", "assert np.isclose(total, rows.sum())"),
        ],
        "total = 0",
    ),
    "a helper between answers": (
        [
            ("answer a", "def f(x): return x + 1"),
            ("locked l", "def twice(g, x): return g(g(x))\nseven = twice(f, 5)"),
            ("answer b", "y = seven"),
            ("test t", "assert twice(f, 1) == 3 and seven == 7 and y == 7"),
        ],
        "def f(x): return x + 2",
    ),
    "an import of an answer": (
        [("answer a", "import collections\nc = collections.Counter('aab')"),
         ("test t", "assert c == collections.Counter('aab') and c.most_common(1) == [('a', 2)]")],
        "c = dict(a=2, b=1)",
    ),
    "an import of a test for a later answer": (
        [
            ("answer", "x = 1"),
            ("test", "import statistics\nassert x == 1"),
            ("answer a", "m = statistics.mean([1, 3])"),
            ("test t", "assert m == 2"),
        ],
        "m = statistics.mean([1])",
    ),
    "an object that an answer changes": (
        [
            ("plain", "ages = {'cat': 3}\nnames = ['a']"),
            ("answer a", "ages['rat'] = 1\nnames.append('b')"),
            ("test t", "assert ages == {'cat': 3, 'rat': 1}\nassert names == ['a', 'b']"),
        ],
        "ages['bat'] = 1",
    ),
    "a global that a function changes": (
        [
            ("answer a", "count = 0\ndef inc():\n    global count\n    count += 1"),
            ("test t", "inc()\ninc()\nassert count == 2"),
        ],
        "count = 0\ndef inc(): pass",
    ),
    "an error by its type": (
        [
            ("answer a", "def f(x):\n    if x < 0: raise ValueError('no')\n    return x"),
            ("test t", "try:\n    f(-1)\nexcept ValueError as e:\n    assert str(e) == 'no'\n"
             "else:\n    raise AssertionError('no error')"),
        ],
        "def f(x): raise KeyError(x)",
    ),
    "an error of a library": (
        [
            ("answer a", "import json\ndef f(x): return json.loads(x)"),
            ("test t", "import json, unittest\n"
             "with unittest.TestCase().assertRaises(json.JSONDecodeError): f('{')"),
        ],
        "def f(x): raise ValueError(x)",
    ),
    "an error of the student's own": (
        [
            ("answer a", "class Low(Exception): pass\nclass Empty(Low): pass\n"
             "def f(x):\n    raise Empty('nothing') if x else Low('little')"),
            ("test t", "import unittest\ncase = unittest.TestCase()\n"
             "with case.assertRaises(Empty): f(1)\ntry:\n    f(0)\nexcept Low as e:\n"
             "    assert str(e) == 'little' and issubclass(Low, Exception)\n"),
            ("test u", "try:\n    f(1)\nexcept Low:\n    pass"),
        ],
        "class Low(Exception): pass\nclass Empty(Exception): pass\ndef f(x): raise Low('x')",
    ),
    "a type": (
        [("answer a", "x = [1]"), ("test t", "assert isinstance(x, list) and type(x) is list")],
        "x = (1,)",
    ),
    "dates, sets, complex and large numbers": (
        [
            ("answer a", "import datetime\nd = datetime.date(2024, 2, 29)\ns = {1, 2}\nz = 1 + 2j\n"
             "import math\nn = math.factorial(3000)"),
            ("test t", "import datetime, math\nassert d < datetime.date.today()\n"
             "assert s == {2, 1} and z.imag == 2 and n == math.factorial(3000)"),
        ],
        "d = s = z = n = 0",
    ),
    "generators": (
        [
            ("answer a", "def evens():\n    n = 0\n    while 1:\n        yield n\n        n += 2"),
            ("test t", "import itertools, types\ng = evens()\nassert next(g) == 0\n"
             "assert list(itertools.islice(g, 3)) == [2, 4, 6]\n"
             "assert isinstance(g, types.GeneratorType)\n"
             "for n in evens():\n    if n > 10:\n        break\nassert n == 12"),
        ],
        "def evens(): return iter([0, 1, 2, 3, 4])",
    ),
    "what a function prints": (
        [
            ("answer a", "def hello(name):\n    print('Hello', name)"),
            ("test t", "import io\nfrom contextlib import redirect_stdout\n"
             "with redirect_stdout(io.StringIO()) as out:\n    hello('Ada')\n"
             "assert out.getvalue() == 'Hello Ada\\n'"),
        ],
        "def hello(name): print('Hello')",
    ),
    "what a function asks for": (
        [
            ("answer a", "def ask():\n    return int(input('age? ')) + 1"),
            ("test t", "from unittest.mock import patch\n"
             "with patch('builtins.input', return_value='41'):\n    assert ask() == 42\n"
             "import io, sys\nusual, sys.stdin = sys.stdin, io.StringIO('7\\n')\n"
             "assert ask() == 8\nsys.stdin = usual"),
        ],
        "def ask(): return 42",
    ),
    "seeds": (
        [
            ("answer a", "import random\nimport numpy as np\n"
             "def roll(): return random.randint(1, 10**9), np.random.randint(10**9)"),
            ("test t", "import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)\n"
             "first, second = roll(), roll()\nassert first != second\nrandom.seed(1)\n"
             "np.random.seed(1)\nassert roll() == first\nrandom.seed(1)\n"
             "assert first[0] == random.randint(1, 10**9)"),
        ],
        "def roll(): return 4, 4",
    ),
    "arguments changed in place": (
        [
            ("answer a", "def tidy(xs, seen):\n    xs.sort()\n    seen['n'] = len(xs)\n"
             "    xs[0].append(9)"),
            ("test t", "inner = [1]\nxs, seen = [[3], inner], {}\ntidy(xs, seen)\n"
             "assert xs == [[1, 9], [3]] and seen == {'n': 2} and xs[0] == [1, 9]"),
        ],
        "def tidy(xs, seen): return sorted(xs)",
    ),
    "callbacks": (
        [
            ("answer a", "def apply(f, xs): return [f(x) for x in xs]"),
            ("test t", "import math\nassert apply(lambda x: x + 1, [1, 2]) == [2, 3]\n"
             "assert apply(str, [1]) == ['1'] and apply(math.sqrt, [4]) == [2]\n"
             "def fails(x): raise ZeroDivisionError(x)\n"
             "try:\n    apply(fails, [1])\nexcept ZeroDivisionError:\n    pass"),
        ],
        "def apply(f, xs): return list(xs)",
    ),
    "a callback that uses what it is given": (
        [
            ("answer a", "class Box:\n    def __init__(self, n): self.n = n\n"
             "def visit(f): return f(Box(3))"),
            ("test t", "assert visit(lambda box: box.n) == 3"),
        ],
        "def visit(f): return 4",
    ),
    "a function that another one has to use": (
        [
            ("answer a", "def square(x): return x * x\ndef total(n): return square(n) + square(1)"),
            ("test t", "kept = square\ndel square\ntry:\n    total(2)\n"
             "except NameError:\n    pass\n"
             "else:\n    raise AssertionError('total does not use square')\n"
             "square = lambda x: 10\nassert total(2) == 20\nsquare = kept\nassert total(2) == 5"),
            ("test u", "assert square(3) == 9"),
        ],
        "def square(x): return x * x\ndef total(n): return n * n + 1",
    ),
    "a global that a function reads": (
        [
            ("answer a", "n = 1\ndef next_one(): return n + 1"),
            ("test t", "n = 5\nassert next_one() == 6"),
            ("test u", "assert next_one() == 2"),
        ],
        "n = 1\ndef next_one(): return 2",
    ),
    "objects": (
        [
            ("answer a", "class Point:\n    'A point.'\n    def __init__(self, x): self.x = x\n"
             "    def __repr__(self): return f'Point({self.x})'\n"
             "class Dot(Point): pass"),
            ("test t", "p = Dot(3)\nassert isinstance(p, Point) and issubclass(Dot, Point)\n"
             "assert 'x' in dir(p) and str(p) == 'Point(3)' and Point.__doc__ == 'A point.'\n"
             "assert p == p and p != Dot(3) and vars(p) == {'x': 3} and Point.__name__ == 'Point'"),
        ],
        "class Point:\n    def __init__(self, x): self.x = x\nDot = Point",
    ),
    "a library's own dictionary, and its random numbers": (
        [
            ("plain", "import numpy as np\n"
             "class Result(dict): __getattr__ = dict.__getitem__\n"
             "Result.__module__ = 'library'"),
            ("answer a", "def fit(x, rng): return Result(x=x, noise=rng.normal())"),
            ("test t", "rng = np.random.default_rng(1)\nr = fit(3, rng)\n"
             "assert r.noise != fit(3, rng).noise and r.x == 3 and r['x'] == 3\n"
             "assert r.noise == np.random.default_rng(1).normal() and not hasattr(r, 'y')\n"
             "assert fit.__code__.co_argcount == 2 and fit.__name__ == 'fit'"),
        ],
        "def fit(x, rng): return dict(x=x, noise=0)",
    ),
    "names as texts": (
        [("answer a", "x = 5"), ("test t", "assert 'x' in globals() and eval('x') == 5")],
        "y = 5",
    ),
    "magics": (
        [
            ("plain", "%matplotlib inline\n!ls\nimport math"),
            ("answer a", "y = math.pi"),
            ("test t", "%precision 3\nassert y == math.pi"),
        ],
        "y = 3",
    ),
}  # fmt: skip
TABLES = [
    ("plain", "import numpy as np\nimport pandas as pd\nrng = np.random.default_rng(1)\n"
     "df = pd.DataFrame({'k': list('aab'), 'n': rng.integers(9, size=3)})\ndf['m'] = df['n'] * 2"),
    ("answer a", "means = df.groupby('k')['n'].mean()\ndf['half'] = df['n'] / 2\n"
     "both = df.set_index(['k', 'n'])\nkinds = df['k'].astype('category')\n"
     "def top(frame): return frame.nlargest(1, 'n')\n"
     "def add(frame): frame['new'] = 1"),
    ("test t", "import pandas.testing as tm\n"
     "tm.assert_series_equal(means, df.groupby('k')['n'].mean())\n"
     "assert (df['half'] == df['n'] / 2).all() and both.index.nlevels == 2\n"
     "assert list(kinds.cat.categories) == ['a', 'b']\n"
     "tm.assert_frame_equal(top(df), df.sort_values('n', ascending=False).head(1))\n"
     "small = df.copy()\nadd(small)\nassert list(small['new']) == [1, 1, 1]"),
]  # fmt: skip


@pytest.mark.parametrize("idea", IDEAS)
def test_right_answers_pass_and_wrong_ones_fail(idea):
    cells, wrong = IDEAS[idea]
    right = judged(notebook(*cells))
    assert {v.status for v in right.values()} == {Status.PASSED}, right
    assert not any(verdict.manual for verdict in right.values())
    failed = judged(notebook(*cells), a=wrong)
    assert failed["t"].status is Status.FAILED and not failed["t"].manual, failed


def test_tables_pass_by_value():
    pytest.importorskip("pandas")
    (verdict,) = judged(notebook(*TABLES)).values()
    assert verdict.status is Status.PASSED and not verdict.manual, verdict
    (verdict,) = judged(notebook(*TABLES), a="means = top = None").values()
    assert verdict.status is Status.FAILED


LIAR = """
class Liar(int):
    def _yes(self, *others): return True
    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __bool__ = _yes
    def _same(self, *others): return Liar()
    __sub__ = __rsub__ = __abs__ = __add__ = __call__ = __getitem__ = __round__ = _same
    def __getattr__(self, name): return Liar()
    def __hash__(self): return 9
    def __float__(self): return 0.0
    __class__ = list
class Other(Liar): pass
class Pure:
    for _name in set(vars(Liar)) - {"__dict__", "__weakref__", "__module__", "__doc__"}:
        locals()[_name] = vars(Liar)[_name]
"""
CLAIMS = [
    "assert f(3) == 9",
    "assert abs(f(3) - 9) < 1e-6",
    "assert f(3) in (9, 10)",
    "assert 9 == f(3)",
    "import numpy as np\nassert np.allclose(f(3), 9)",
    "import unittest\nunittest.TestCase().assertAlmostEqual(f(3), 9)",
    "assert {9: 1}[f(3)]",
    "assert f(3) != 8 and f(3) > 8",
    "assert sorted([f(3)]) == [9]",
    "assert isinstance(f(3), list)",
    "import math\nassert math.isclose(f(3), 9)",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_an_object_that_claims_to_be_something_else_wins_nothing(claim, monkeypatch):
    cells = [("answer a", "def f(x): return x * x"), ("test t", claim)]
    right = judged(notebook(*cells))["t"].status
    assert (right is Status.PASSED) == ("isinstance" not in claim)
    monkeypatch.setitem(SECONDS, "call_seconds", 1.0)  # one that is looked at for ever
    for lie in ("Liar()", "Pure()", "Other(0)"):
        verdict = judged(notebook(*cells), a=f"{LIAR}\ndef f(x): return {lie}")["t"]
        assert verdict.status is Status.FAILED, (lie, verdict)


def test_a_hidden_value_is_never_handed_out():
    """What a hidden line assigns stays here, though the student's function reads the name."""
    spy = "seen = []\nsecret = 1\ndef f(x):\n    seen.append(globals().get('secret'))\n    return x"
    cells = [
        ("answer a", "secret = 1\ndef f(x): return x + 0 * secret"),
        ("test t", "secret = 2\nassert f(3) == 3\n### BEGIN HIDDEN TESTS\nsecret = 777\n"
         "assert f(4) == 4\n### END HIDDEN TESTS"),
        ("answer b", "shown = [2, 2]"),
        ("test u", "assert shown == [2, 2]"),
    ]  # fmt: skip
    verdicts = judged(notebook(*cells), a=spy, b="shown = seen")
    assert {verdict.status for verdict in verdicts.values()} == {Status.PASSED}, verdicts


MISTAKES = {
    "a name that nobody defines": "assert f(3) == expected_of(3)",
    "no Python": "assert f(3) ==",
    "a missing module": "import no_such_module\nassert f(3) == 9",
    "a name in a function": "def check():\n    return f(3) == nine\nassert check()",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_test_itself_is_for_a_human(mistake):
    cells = [("answer a", "def f(x): return x * x"), ("test t", MISTAKES[mistake])]
    verdict = judged(notebook(*cells))["t"]
    assert verdict.status is Status.BROKEN and "the test itself fails" in verdict.manual, verdict


def test_a_name_that_the_student_did_not_define_is_the_students_mistake():
    cells = [("answer a", "def f(x): return x * x"), ("test t", "assert f(3) == 9")]
    verdict = judged(notebook(*cells), a="def g(x): return x")["t"]
    assert (verdict.status, verdict.error) == (Status.FAILED, "NameError") and not verdict.manual


SAID = {
    "assert squares(3) == [1, 4, 9]": "assert squares(3) == [1, 4, 9]: it is [1, 8, 27]",
    "assert [1, 4, 9] == squares(3)": "assert [1, 4, 9] == squares(3): it is [1, 8, 27]",
    "assert isinstance(squares(3), tuple)":
        "assert isinstance(squares(3), tuple): it is [1, 8, 27]",
    "n = [1]\nassert squares(3) == n": "assert squares(3) == n: compared are [1, 8, 27] and [1]",
    "assert not squares(3)": "assert not squares(3): it is [1, 8, 27]",
    "assert 5 in squares(3), 'say'": "say",
    "assert len(squares(3)) == 4 and True": "assert len(squares(3)) == 4 and True",
    "### BEGIN HIDDEN TESTS\nassert squares(3) == [1, 4, 9]\n### END HIDDEN TESTS":
        "a hidden test does not hold: it is [1, 8, 27]",
    "### BEGIN HIDDEN TESTS\nn = [1]\nassert squares(3) == n\n### END HIDDEN TESTS": "",
    "def check(k):\n    assert squares(k) == [k]\ncheck(2)":
        "assert squares(k) == [k]: compared are [1, 8] and [2]",
}  # fmt: skip


@pytest.mark.parametrize("test", SAID)
def test_a_plain_assert_tells_what_it_compared(test):
    cells = [
        ("answer a", "def squares(n): return [k**3 for k in range(1, n + 1)]"),
        ("test t", test),
    ]
    verdict = judged(notebook(*cells))["t"]
    assert (verdict.error, verdict.message) == ("AssertionError", SAID[test])
