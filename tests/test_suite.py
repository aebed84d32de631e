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
