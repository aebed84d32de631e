"""Pictures, the source of a function, files: what is judged inside, by the instructor's tag."""

CELLS = [
    ("plain", "%matplotlib inline\nimport matplotlib.pyplot as plt"),
    (
        "answer draw",
        "### BEGIN SOLUTION\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, 4])\n"
        "ax.set_title('Growth')\n### END SOLUTION",
    ),
    ("test t-title 1", "assert ax.get_title() == 'Growth'"),
    ("test t-lines 1", "assert list(ax.get_lines()[0].get_ydata()) == [3, 4]"),
    (
        "inside t-figure 1",
        "assert isinstance(ax, plt.Axes) and ax.figure.axes[0].get_title() == 'Growth'",
    ),
    (
        "answer loop",
        "def total(n):\n    ### BEGIN SOLUTION\n    return n * (n + 1) // 2\n    ### END SOLUTION",
    ),
    (
        "inside t-source 1",
        "import inspect\nassert 'for' not in inspect.getsource(total)\nassert total(3) == 6",
    ),
    (
        "answer file",
        "### BEGIN SOLUTION\nwith open('out.txt', 'w') as file:\n"
        "    file.write('done')\n### END SOLUTION",
    ),
    ("inside t-file 1", "assert open('out.txt').read() == 'done'"),
]
WRONG = {
    "draw": "fig, ax = plt.subplots()\nax.plot([1, 2], [1, 1])",
    "loop": "def total(n):\n    s = 0\n    for i in range(n + 1):\n        s += i\n    return s",
    "file": "with open('out.txt', 'w') as file:\n    file.write('not')",
}
HOSTILE = {
    "draw": "class Yes:\n    def __getattr__(self, name): return lambda *of: Yes()\n"
    "    def __eq__(self, other): return True\n    def __iter__(self): return iter([3, 4])\n"
    "    def __getitem__(self, i): return Yes()\nax = Yes()",
}
DIFFERENCES = {
    ("hostile", "t-lines"): "the list is what the student's object gave for an answer: [3, 4]",
}
