"""Asserts on what functions return and on variables, as in a first course on Python."""

CELLS = [
    ("plain", "import math\nprices = {'tea': 2.5, 'milk': 1.0}\n%precision 3"),
    (
        "answer area",
        "def area(r):\n    ### BEGIN SOLUTION\n    return math.pi * r * r\n    ### END SOLUTION",
    ),
    (
        "test t-area 2",
        "assert math.isclose(area(1), math.pi)\n### BEGIN HIDDEN TESTS\n"
        "assert math.isclose(area(2), 4 * math.pi)\n### END HIDDEN TESTS",
    ),
    (
        "answer errors",
        "def root(x):\n    ### BEGIN SOLUTION\n    if x < 0:\n"
        "        raise ValueError('negative')\n    return x ** 0.5\n    ### END SOLUTION",
    ),
    (
        "test t-errors 1",
        "import unittest\nwith unittest.TestCase().assertRaises(ValueError):\n"
        "    root(-1)\nassert root(4) == 2",
    ),
    (
        "answer shopping",
        "total = None\n### BEGIN SOLUTION\ntotal = sum(prices.values())\n"
        "prices['bread'] = 3\n### END SOLUTION",
    ),
    ("test t-total 1", "assert total == 3.5"),
    ("test t-prices 1", "assert prices['bread'] == 3 and len(prices) == 3"),
    (
        "answer words",
        "def words(text):\n    ### BEGIN SOLUTION\n"
        "    return sorted(set(text.split()))\n    ### END SOLUTION",
    ),
    (
        "test t-words 3",
        "points = 0\npoints += isinstance(words('a b'), list)\n"
        "points += words('a b a') == ['a', 'b']\npoints += len(words('')) == 0\npoints",
    ),
]
WRONG = {
    "area": "def area(r):\n    return 3 * r * r",
    "errors": "def root(x):\n    return abs(x) ** 0.5",
    "shopping": "total = 3\nprices['bread'] = 4",
    "words": "def words(text):\n    return tuple(sorted(set(text.split())))",
}
LIAR = """
class Yes:
    def __eq__(self, other): return True
    def __len__(self): return 0
    def __float__(self): return math.pi
    def __getitem__(self, key): return Yes()
"""
HOSTILE = {
    "area": "math.isclose = lambda *of, **how: True\ndef area(r): return 0",
    "errors": "import unittest\nunittest.TestCase.assertRaises = lambda *of: open('/dev/null')\n"
    f"{LIAR}\ndef root(x): return Yes()",
    "shopping": f"{LIAR}\ntotal = Yes()\nclass Prices(dict):\n    def __getitem__(self, k): return Yes()"
    "\n    def __len__(self): return 3\nprices = Prices()",
    "words": f"{LIAR}\nisinstance = lambda *of: True\ndef words(text): return Yes()",
}
DIFFERENCES = {
    ("hostile", "t-words"): "a point for `len(words('')) == 0`: any answer may be of length 0",
}
