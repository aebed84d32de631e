"""What is IPython's own in a cell: left out where the tests run, or refused."""

import nbformat
import pytest
import toy
from nbformat.v4 import new_notebook
from toy import cell, graded_cell

from grading.magics import PYLAB, as_python, refused, refused_in

PLAIN = {  # what a cell says: what the tests run of it
    "x = 1  # as it is": "x = 1  # as it is",
    "%matplotlib inline\nimport torch": "pass\nimport torch\n",
    "if x:\n    %load_ext autoreload\n    y = 2": "if x:\n    pass\n    y = 2\n",
    "%%time\na = 1\n%pip list\nb = 2": "\na = 1\npass\nb = 2\n",
    "%%time": "",
    "%%capture out\nx = 1": "\nx = 1",
    "%%html\n<b>": "",
    "%time z = 3": "z = 3\n",
    "%timeit f()": "pass\n",
    "torch.nn??": "pass\n",
    "s = '''\n%run x\n'''\n!ls": "s = '''\n%run x\n'''\npass\n",
    "é = 1  # ü\n!ls ü": "é = 1  # ü\npass\n",
    "get_ipython().run_line_magic('matplotlib', 'inline')": "pass\n",
    "if 'colab' in str(get_ipython()):\n    pass": "if 'colab' in str(get_ipython()):\n    pass",
    "%run other.py": "from other import *\n",
    "%pylab": PYLAB + "\n",
}
REFUSED = {  # what it says: (what the tests run of it, what is named)
    "x = 1\nfiles = !ls *.csv": ("x = 1\nfiles = get_ipython()\n", "!ls *.csv"),
    "if x:\n    %env A=1": ("if x:\n    pass\n", "%env A=1"),
    "here = %pwd": ("here = get_ipython()\n", "%pwd"),
    "%run -m a.b": ("pass\n", "%run -m a.b"),
    "%%bash\nls": ("", "%%bash"),
    "%%writefile a.py\nx = 1": ("", "%%writefile"),
    "%%time\n%cd x": ("\npass\n", "%cd x"),
}


@pytest.mark.parametrize("source", PLAIN)
def test_what_only_shows_or_measures_is_left_out(source):
    assert as_python(source) == PLAIN[source]
    assert not refused(source)


@pytest.mark.parametrize("source", REFUSED)
def test_what_could_make_a_difference_is_named(source):
    plain, named = REFUSED[source]
    assert as_python(source) == plain
    assert refused(source) == [named]


def test_what_nobody_understands_is_left_alone():
    assert as_python("def f(x)\n    %matplotlib") == "def f(x)\n    %matplotlib"
    assert not refused("def f(x)\n    %matplotlib")


def test_answers_and_figures_may_say_what_they_like():
    setup = cell("setup", "%cd x", locked=True)
    test = graded_cell("test", "!rm x\nhere = %pwd", 1)
    answer, figure = cell("answer", "%run x.py", solution=True), nbformat.v4.new_code_cell("%cd x")
    told = refused_in(new_notebook(cells=[setup, answer, test, figure]))
    assert [line.split(",")[0] for line in told] == [
        "The cell setup says `%cd x`",
        "The cell test says `%pwd`",
    ]


def test_it_is_said_when_the_student_version_is_made(tmp_path):
    course = toy.Toy(tmp_path / "course")
    source = course.root / "source" / "toy" / "toy.ipynb"
    nb = nbformat.read(source, as_version=4)
    nb.cells[1].source = "%env A=1\n" + nb.cells[1].source
    nbformat.write(nb, source)
    said = course.run("generate_assignment", "toy", "--force")
    assert "The cell setup says `%env A=1`, which does nothing where the tests run" in said
