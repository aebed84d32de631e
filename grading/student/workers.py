"""How many processes load a student's batches: a few, however many are asked for.

Elsewhere `num_workers=64` is as good as the machine; here a kernel has a limited number of
processes, and one processor or so. The batches are the same.
"""

import functools
import importlib.util
import inspect
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MOST_WORKERS = 4
MODULE = "torch.utils.data"


def limit_workers() -> None:
    """Every `DataLoader` that is made from now on has at most MOST_WORKERS workers.

    torch isn't imported for that: where a course does without it, there is nothing to limit.
    """
    if MODULE in sys.modules:
        _limit(sys.modules[MODULE])
    else:
        sys.meta_path.insert(0, _Watch())


class _Watch:
    """Waits for the first import of torch's loaders."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """The usual answer, for MODULE with the limit set once it is there; None for the others."""
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            _limit(module)

        setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 (to a type checker a method)
        return spec


def _limit(module: ModuleType) -> None:
    usual = module.DataLoader.__init__
    parameters = inspect.signature(usual)

    @functools.wraps(usual)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            asked = parameters.bind(self, *args, **kwargs)
        except TypeError:
            return usual(self, *args, **kwargs)  # which says what is wrong
        if isinstance(number := asked.arguments.get("num_workers"), int):
            asked.arguments["num_workers"] = min(number, MOST_WORKERS)
        return usual(*asked.args, **asked.kwargs)

    module.DataLoader.__init__ = init
