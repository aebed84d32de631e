"""Paths of classes that a course's nbgrader_config.py may still name, from version 1.0."""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "grading.dispatch": "grading.coordinator.preprocessors",
    "grading.exchange": "grading.plugins.exchange",
    "grading.exporters": "grading.plugins.export",
    "grading.kernels": "grading.sandbox.manager",
    "grading.late": "grading.plugins.late",
    "grading.page": "grading.feedback.page",
    "grading.release": "grading.plugins.release",
    "grading.submission_exporter": "grading.coordinator.exporter",
    "grading.verdicts": "grading.coordinator.preprocessors",
}


class MovedFinder(MetaPathFinder, Loader):
    """Imports what has moved from where it is now, and says so."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module of this name, if it is one that has moved."""
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module what is in the one that took its place."""
        new = MOVED[module.__name__]
        warnings.warn(
            f"{module.__name__} is {new} now: please change nbgrader_config.py",
            FutureWarning,
            stacklevel=2,
        )
        module.__dict__.update(importlib.import_module(new).__dict__, __name__=module.__name__)


def keep_old_paths() -> None:
    """Lets the old paths be imported."""
    if not any(isinstance(finder, MovedFinder) for finder in sys.meta_path):
        sys.meta_path.append(MovedFinder())
