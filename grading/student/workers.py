"""How many processes load a student's batches: a few, however many are asked for.

Elsewhere `num_workers=64` is as good as the machine; here a kernel has a limited number of
processes, and one processor or so. The batches are the same.
"""

import functools
import inspect
from typing import Any

from torch.utils.data import DataLoader

MOST_WORKERS = 4
_init = DataLoader.__init__
_parameters = inspect.signature(_init)


def limit_workers() -> None:
    """Every `DataLoader` that is made from now on has at most MOST_WORKERS workers."""

    @functools.wraps(_init)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            asked = _parameters.bind(self, *args, **kwargs)
        except TypeError:
            return _init(self, *args, **kwargs)  # which says what is wrong
        if isinstance(number := asked.arguments.get("num_workers"), int):
            asked.arguments["num_workers"] = min(number, MOST_WORKERS)
        return _init(*asked.args, **asked.kwargs)

    setattr(DataLoader, "__init__", init)  # noqa: B010 (to a type checker a method stays)
