"""What *Validate* says with the configuration that docs/hub hands out to students."""

import nbformat
import pytest
from handin import ROOT
from nbformat.v4 import new_notebook
from nbgrader.utils import compute_checksum
from nbgrader.validator import Validator
from toy import cell, graded_cell
from traitlets.config import PyFileConfigLoader

from helpers.validating import ShortErrors

STUDENTS = ROOT / "docs" / "hub" / "course" / "students" / "nbgrader_config.py"
SLOW = "import time\ntime.sleep(20)\nanswer = 42"
TEST = "if answer != 42:\n    raise ValueError('not 42')"


@pytest.fixture
def validate(tmp_path):
    """Validates an answer with a test cell below it; the results that the dialog shows."""

    def run(answer, changed=False, seconds=None):
        cells = [cell("answer", answer, solution=True), graded_cell("test-answer", TEST, 3)]
        cells[1].metadata.nbgrader.checksum = compute_checksum(cells[1])
        cells[1].source += "\n# changed" * changed
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        file = tmp_path / "toy.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), file)
        before = file.read_bytes()
        config = PyFileConfigLoader(str(STUDENTS)).load_config()
        assert config.Execute.timeout == 300
        if seconds:
            config.Execute.timeout = seconds
            config.Execute.on_cell_error = ShortErrors(seconds, compute_checksum)
        results = Validator(config=config).validate(str(file))
        assert file.read_bytes() == before
        return results

    return run


def test_a_failed_test_is_named_and_says_why(validate):
    [failed] = validate("answer = 40")["failed"]
    assert failed["source"] == "test-answer (3 points)"
    assert failed["raw_error"].splitlines()[-1].endswith("not 42")


def test_a_time_out_is_called_one(validate):
    [failed] = validate(SLOW, seconds=1)["failed"]
    first = failed["raw_error"].splitlines()[:2]
    assert "A time-out, and no mistake" in first[0] and "`answer` was stopped" in first[0]
    assert first[1].startswith("1 seconds")


@pytest.mark.parametrize("answer", ["answer = 42", "answer = 40"])
def test_a_changed_test_is_shown_as_it_is(validate, answer):
    [changed] = validate(answer, changed=True)["changed"]
    assert changed["source"].endswith("# changed")


def test_what_passes_is_as_before(validate):
    assert validate("answer = 42") == {}
