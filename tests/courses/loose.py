"""Nothing is locked: imports, data and helpers in unmarked cells, in answers, and in tests."""

CELLS = [
    ("plain", "import random\n\nrandom.seed(11)\nwords = [random.choice('abc') for _ in range(20)]"),
    ("answer count", "### BEGIN SOLUTION\nfrom collections import Counter\n"
     "counts = Counter(words)\n### END SOLUTION"),
    ("test t-count 1", "assert counts == Counter(words)"),
    ("test t-most 1", "import statistics\nassert counts.most_common(1)[0][0] == statistics.mode(words)"),
    ("answer mean", "### BEGIN SOLUTION\nmean = statistics.mean(counts.values())\n### END SOLUTION"),
    ("test t-mean 1", "assert mean == 20 / len(set(words))"),
    ("plain", "def longest(texts):\n    return max(texts, key=len)\n\nstock = {'tea': 3}\nrate = 0.5"),
    ("answer store", "### BEGIN SOLUTION\ndef sell(what, n=1):\n    stock[what] -= n\n    return n * rate\n"
     "### END SOLUTION"),
    ("test t-sell 1", "assert sell('tea', 2) == 1.0"),
    ("test t-stock 1", "before = stock['tea']\nsell('tea')\nassert stock['tea'] == before - 1"),
    ("test t-rate 1", "rate = 4\nassert sell('tea') == 4"),
    ("plain", "text = longest(['a', 'bbb'])\ntotal = sell('tea', 3)"),
    ("answer upper", "### BEGIN SOLUTION\nshout = text.upper()\n### END SOLUTION"),
    ("test t-shout 1", "assert shout == longest(['a', 'bbb']).upper()"),
    ("test t-total 1", "assert abs(total - 1.5) < 1e-9 or total == 12"),
    ("answer greet", "### BEGIN SOLUTION\ndef greet():\n    name = input('name? ')\n"
     "    print('Hi', name)\n### END SOLUTION"),
    ("test t-greet 1", "import contextlib, io\nfrom unittest import mock\n"
     "with mock.patch('builtins.input', lambda prompt: 'Bo'), \\\n"
     "        contextlib.redirect_stdout(io.StringIO()) as out:\n    greet()\n"
     "assert out.getvalue().strip() == 'Hi Bo'"),
]  # fmt: skip
WRONG = {
    "count": "from collections import Counter\ncounts = Counter('ab')",
    "mean": "mean = 1",
    "store": "def sell(what, n=1):\n    return 1.0",
    "upper": "shout = text",
    "greet": "def greet():\n    print('Hi')",
}
HOSTILE = {
    "count": "class Yes:\n    def __eq__(self, other): return True\n"
    "    def __getattr__(self, name): return lambda *of: [[Yes()]]\n"
    "import collections\nCounter = lambda *of: 3\ncounts = Yes()",
    "mean": "words = []\nmean = Yes()",
    "upper": "longest = lambda texts: ''\nshout = ''",
    "store": "class Stock(dict):\n    def __getitem__(self, key): return Yes()\nstock = Stock()\n"
    "sell = lambda *of: Yes()",
    "greet": "import io\nio.StringIO.getvalue = lambda self: 'Hi Bo'\ndef greet(): pass",
}
DIFFERENCES: dict[tuple[str, str], str] = {}
