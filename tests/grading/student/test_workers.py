"""However many workers are asked for, a kernel has room for them."""

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
