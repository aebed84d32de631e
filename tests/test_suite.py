"""The suite itself: what is left out is told, and in CI it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest
@pytest.mark.skipif(True, reason="no sandbox")
def test_one(): pass
def test_two(): pytest.skip("no database")
@pytest.mark.xfail
def test_three(): raise ValueError
def test_four(): pass
"""
LEFT_OUT = "no browser", "no sandbox", "no database"


@pytest.mark.parametrize("ci", [True, False], ids=["CI", "elsewhere"])
def test_a_skip_fails_in_ci_and_is_told_elsewhere(tmp_path, monkeypatch, ci):
    (tmp_path / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (tmp_path / "test_tests.py").write_text(TESTS)
    skip = "import pytest\npytest.skip('no browser', allow_module_level=True)"
    (tmp_path / "test_module.py").write_text(skip)
    monkeypatch.setenv("CI", str(ci).lower())
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--continue-on-collection-errors"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = "skipped in CI: {}" if ci else "1 x {}"
    assert all(told.format(why) in run.stdout for why in LEFT_OUT), run.stdout
    assert run.returncode == (1 if ci else 0), run.stdout


STEPS = """
steps = []
def test_one(): steps.append(1)
def test_two(): steps.append(2)
def test_three(): assert steps == [1, 2]
"""


def test_a_file_is_one_piece_of_work_wherever_tests_are_distributed(tmp_path):
    """As the cells of a notebook have to be: `pytest --nbval solutions -n 2`."""
    for name in "ab":
        (tmp_path / f"test_{name}.py").write_text(STEPS)
    settings = Path(__file__).parent.parent / "pyproject.toml"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "-c",
            settings,
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "6 passed" in run.stdout, run.stdout
