"""A module of checks beside the notebook, and helpers in cells between the answers."""

FILES = {
    "checks.py": "def near(a, b, eps=1e-9):\n    return abs(a - b) < eps\n\n"
    "def same_items(a, b):\n    assert sorted(a) == sorted(b), f'{sorted(a)} are not {sorted(b)}'\n"
}
CELLS = [
    ("locked setup", "import checks\nfrom checks import near"),
    (
        "answer roots",
        "def roots(a, b, c):\n    ### BEGIN SOLUTION\n    d = (b * b - 4 * a * c) ** 0.5\n"
        "    return [(-b - d) / (2 * a), (-b + d) / (2 * a)]\n    ### END SOLUTION",
    ),
    (
        "plain",
        "def value(a, b, c, x):\n    return a * x * x + b * x + c\n\nfound = roots(1, -3, 2)",
    ),
    (
        "test t-roots 2",
        "checks.same_items(found, [1, 2])\n"
        "assert all(near(value(1, 1, -6, x), 0) for x in roots(1, 1, -6))",
    ),
    (
        "answer square",
        "def square(x):\n    ### BEGIN SOLUTION\n    return x * x\n    ### END SOLUTION",
    ),
    (
        "answer hyp",
        "def hyp(a, b):\n    ### BEGIN SOLUTION\n    return (square(a) + square(b)) ** 0.5\n"
        "    ### END SOLUTION",
    ),
    (
        "test t-uses 1",
        "kept = square\ndel square\ntry:\n    hyp(3, 4)\nexcept NameError:\n    pass\n"
        "else:\n    raise AssertionError('hyp does not use square')\nfinally:\n    square = kept",
    ),
    ("test t-hyp 1", "assert near(hyp(3, 4), 5)"),
]
WRONG = {
    "roots": "def roots(a, b, c):\n    return [-b, c]",
    "square": "def square(x):\n    return x * x",
    "hyp": "def hyp(a, b):\n    return a + b",
}
HOSTILE = {
    "roots": "checks.same_items = lambda *of: None\nnear = lambda *of: True\n"
    "def value(*of): return 0\ndef roots(a, b, c): return [0]",
    "hyp": "checks.near = near = lambda *of: True\ndef hyp(a, b): raise NameError('square')",
}
DIFFERENCES = {
    ("hostile", "t-uses"): "the answer raises the very error that the test waits for",
}
