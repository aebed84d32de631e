"""However many workers are asked for, a kernel has room for them."""

import subprocess
import sys

import pytest
from torch.utils.data import DataLoader

from grading.student import workers


@pytest.fixture(autouse=True)
def limited(monkeypatch):
    monkeypatch.setattr(DataLoader, "__init__", DataLoader.__init__)
    workers.limit_workers()


@pytest.mark.parametrize(("asked", "given"), [(0, 0), (2, 2), (64, workers.MOST_WORKERS)])
def test_few_workers(asked, given):
    assert DataLoader([1, 2], num_workers=asked).num_workers == given
    assert DataLoader([1, 2], 1, False, None, None, asked).num_workers == given


def test_mistakes_are_told_as_before():
    with pytest.raises(ValueError, match="num_workers"):
        DataLoader([1], num_workers=-1)
    with pytest.raises(TypeError, match="nosuch"):
        DataLoader([1], nosuch=1)


def test_torch_is_not_imported_for_it_and_limited_when_it_is():
    code = """
import sys
from grading.student import workers
workers.limit_workers()
assert "torch" not in sys.modules
from torch.utils.data import DataLoader
assert DataLoader([1, 2], num_workers=64).num_workers == workers.MOST_WORKERS
"""
    subprocess.run([sys.executable, "-c", code], check=True)
