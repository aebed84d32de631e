"""The right answers of the corpus, run in this process with the test cells behind them.

They lie where the notebook's digits lie. So the same is asked of a simulated GPU, by
`tests/helpers/test_devices.py`, and of a real one, by `make gpu`. There is no sandbox and no
border between answer and test: these are our own files.
"""

import contextlib
import io
import linecache
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import handin
import nbformat

from helpers.checks import Report

# {assignment: its files}
RIGHT = {
    name: sorted(handin.ROOT.glob(f"tests/submissions/{name}/right_*.py"))
    for name in handin.NOTEBOOKS
}
# Right on a CPU, and no more: what their students read on a GPU.
CPU_ALONE = {
    "right_codes_without_batch": "`alpha` is on the CPU, `x0` and `x1` are on the GPU: make it "
    "with `device=x0.device`",
}


@dataclass(frozen=True)
class Result:
    """What came of an answer.

    points: of the test cells of what it answers; most: what they could give.
    told: {cell: what went wrong there, in words}.
    """

    points: float
    most: float
    told: dict[str, str]


def code_cells(
    assignment: str, change: Callable[[str], str] = lambda source: source
) -> list[tuple[str, str]]:
    """(name, source) of the code cells of a source notebook; `change` is done to each source."""
    path = handin.ROOT / "source" / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    return [(cell.id, change(cell.source)) for cell in cells if cell.cell_type == "code"]


def run(name: str, source: str, space: dict[str, Any]) -> str:
    """Runs a cell among the names in `space`; what it raises, in words, or ""."""
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            exec(compile(source, file, "exec"), space)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def result(path: Path, cells: list[tuple[str, str]]) -> Result:
    """What comes of a file of the corpus: its cells are run, and the tests of those of its own.

    Args:
        path: of the file.
        cells: the code cells of its notebook.
    """
    answer = handin.read(path)
    tested, worth = handin.tested_cells(answer.assignment), handin.points(answer.assignment)
    model = handin.model_answers(answer.assignment)
    texts = {name: model[name] for name in answer.solved} | answer.cells
    own = answer.cells or texts
    space, told, points, most = {"__name__": "__main__"}, {}, 0.0, 0.0
    for name, source in cells:
        if name == "setup" or name in texts:
            told[name] = run(name, texts.get(name, source), space)
            extra = [text for place, text in answer.extra if place == name]
            told |= {f"{name}, added {n}": run("added", e, space) for n, e in enumerate(extra, 1)}
        elif tested.get(name) in own:
            told[name], earned = _test(name, source, space, worth[name])
            points, most = points + earned, most + worth[name]
    return Result(points, most, {name: text for name, text in told.items() if text})


def _test(name: str, source: str, space: dict[str, Any], worth: float) -> tuple[str, float]:
    """Runs a test cell: what it raises, and the points that are earned."""
    reports: list[Report] = []
    Report.listeners.append(reports.append)
    try:
        told = run(name, source, space)
    finally:
        Report.listeners.remove(reports.append)
    if not told:
        return told, worth
    return told, sum(report.earned or 0.0 for report in reports)
