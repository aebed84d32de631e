"""numpy and pandas: arrays, seeds, tables, an argument changed in place, a callback."""

CELLS = [
    (
        "locked data",
        "import numpy as np\nimport pandas as pd\nnp.random.seed(7)\n"
        "x = np.random.rand(6)\ndf = pd.DataFrame({'k': list('aabbcc'), 'x': x})",
    ),
    (
        "answer mean",
        "means = None\n### BEGIN SOLUTION\nmeans = df.groupby('k')['x'].mean()\n### END SOLUTION",
    ),
    (
        "test t-means 2",
        "assert isinstance(means, pd.Series)\n"
        "pd.testing.assert_series_equal(means, df.groupby('k')['x'].mean())",
    ),
    ("answer column", "### BEGIN SOLUTION\ndf['double'] = 2 * df['x']\n### END SOLUTION"),
    ("test t-column 1", "assert np.allclose(df['double'], 2 * x)"),
    (
        "answer scale",
        "def scale(a):\n    ### BEGIN SOLUTION\n    a -= a.min()\n    a /= a.max()\n"
        "    ### END SOLUTION\n    pass",
    ),
    (
        "test t-scale 2",
        "a = np.array([2.0, 4.0, 3.0])\nscale(a)\nnp.testing.assert_allclose(a, [0, 1, 0.5])",
    ),
    (
        "answer noise",
        "def noise(n):\n    ### BEGIN SOLUTION\n    return np.random.normal(size=n)\n"
        "    ### END SOLUTION",
    ),
    (
        "test t-noise 1",
        "np.random.seed(0)\nfirst = noise(3)\nnp.random.seed(0)\n"
        "assert np.array_equal(first, np.random.normal(size=3)) and first.shape == (3,)",
    ),
    (
        "answer integral",
        "def integral(f, a, b, n=1000):\n    ### BEGIN SOLUTION\n"
        "    edges = np.linspace(a, b, n + 1)\n    return np.sum(f((edges[1:] + edges[:-1]) / 2)) * (b - a) / n\n"
        "    ### END SOLUTION",
    ),
    (
        "test t-integral 2",
        "assert abs(integral(lambda t: t ** 2, 0, 1) - 1 / 3) < 1e-5\n"
        "assert abs(integral(np.sin, 0, np.pi) - 2) < 1e-5",
    ),
]
WRONG = {
    "mean": "means = df['x'].mean()",
    "column": "df['double'] = df['x']",
    "scale": "def scale(a):\n    a = (a - a.min()) / a.max()",
    "noise": "def noise(n):\n    return np.random.rand(n)",
    "integral": "def integral(f, a, b, n=1000):\n    return f(a) * (b - a)",
}
HOSTILE = {
    "mean": "pd.testing.assert_series_equal = lambda *of, **how: None\nmeans = pd.Series([1.0])",
    "column": "np.allclose = lambda *of, **how: True\ndf['double'] = 0",
    "scale": "np.testing.assert_allclose = lambda *of, **how: None\ndef scale(a): pass",
    "noise": "np.array_equal = lambda *of: True\ndef noise(n): return np.zeros(n)",
    "integral": "class Zero(float):\n    def __sub__(self, other): return 0.0\n"
    "def integral(*of): return Zero()",
}
DIFFERENCES: dict[tuple[str, str], str] = {}
