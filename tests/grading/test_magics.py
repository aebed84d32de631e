"""What is IPython's own in a cell: left out where the tests run, or refused."""

import nbformat
import pytest
import toy
from nbformat.v4 import new_notebook
from toy import cell, graded_cell

from grading.magics import as_python, refused, refused_in

PLAIN = {  # what a cell says: what the tests run of it
    "x = 1  # as it is": "x = 1  # as it is",
    "%matplotlib inline\nimport torch": "pass\nimport torch",
    "!pip install x \\\n  y\nz = 1": "pass\nz = 1",
    "if x:\n    %load_ext autoreload\n    y = 2": "if x:\n    pass\n    y = 2",
    "%%time\na = 1\n%pip list\nb = 2": "a = 1\npass\nb = 2",
    "%%time": "pass",
    "%%capture out\nx = 1": "x = 1",
    "%%html\n<b>": "pass",
    "%time z = 3": "z = 3",
    "%timeit f()": "pass",
    "torch.nn??": "pass",
    "s = '''\n%run x\n'''\n!ls": "s = '\\n%run x\\n'\npass",
    ">>> a = 1": "a = 1",
    "get_ipython().run_line_magic('matplotlib', 'inline')": "pass",
    "if 'colab' in str(get_ipython()):\n    pass": "if 'colab' in str(get_ipython()):\n    pass",
}
REFUSED = {
    "x = 1\nfiles = !ls *.csv": "!ls *.csv",
    "%run other.py": "%run other.py",
    "if x:\n    %env A=1": "%env A=1",
    "here = %pwd": "%pwd",
    "%pylab": "%pylab",
    "%%bash\nls": "%%bash",
    "%%writefile a.py\nx = 1": "%%writefile a.py",
    "%%time\n%cd x": "%cd x",
}


@pytest.mark.parametrize("source", PLAIN)
def test_what_only_shows_or_measures_is_left_out(source):
    assert as_python(source) == PLAIN[source]
    assert not refused(source)


@pytest.mark.parametrize("source", REFUSED)
def test_what_could_make_a_difference_is_refused(source):
    assert refused(source) == [REFUSED[source]]


def test_what_nobody_understands_is_an_error_of_syntax():
    with pytest.raises(SyntaxError):
        as_python("def f(x)\n    %matplotlib")
    assert not refused("def f(x)\n    %matplotlib")


def test_answers_and_figures_may_say_what_they_like():
    setup = cell("setup", "%run x.py", locked=True)
    test = graded_cell("test", "!rm x\nhere = %pwd", 1)
    answer, figure = cell("answer", "%run x.py", solution=True), nbformat.v4.new_code_cell("%cd x")
    told = refused_in(new_notebook(cells=[setup, answer, test, figure]))
    assert [line.split(",")[0] for line in told] == [
        "The cell setup says `%run x.py`",
        "The cell test says `%pwd`",
    ]


def test_it_is_said_when_the_student_version_is_made_and_before_anything_is_graded(tmp_path):
    course = toy.Toy(tmp_path / "course")
    source = course.root / "source" / "toy" / "toy.ipynb"
    nb = nbformat.read(source, as_version=4)
    nb.cells[1].source = "%run course.py\n" + nb.cells[1].source
    nbformat.write(nb, source)
    said = course.run("generate_assignment", "toy", "--force")
    assert "It can't be graded as it is. The cell setup says `%run course.py`" in said
    course.hand_in_cells("ada", {})
    with pytest.raises(AssertionError) as failed:
        course.nbgrader_here("autograde", "toy")
    assert "toy.ipynb can't be graded. The cell setup says `%run course.py`" in str(failed.value)
    assert not (course.root / "autograded").exists()
