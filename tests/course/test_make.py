"""`make clean` loses nothing that can't be made again."""

import shutil
import subprocess

import pytest
from handin import ROOT


@pytest.fixture
def make(tmp_path):
    """Runs make, with what is typed at it, in a folder where grading has been; what is left."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("submitted", "autograded", "feedback"):
        (tmp_path / name / "ada").mkdir(parents=True)
    (tmp_path / "gradebook.db").touch()

    def run(target, typed=""):
        subprocess.run(["make", target], cwd=tmp_path, input=typed, text=True, check=False)
        return {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} - {"Makefile"}

    return run


KEPT = {"submitted", "submitted/ada", "gradebook.db", "autograded"}


def test_submissions_and_gradebook_outlive_clean(make):
    assert make("clean") == KEPT


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "no\n"])
def test_all_is_removed_only_where_that_is_typed(make, typed):
    assert make("clean-all", typed) == KEPT
    assert make("clean-all", "yes\n") == {"submitted", "autograded"}
