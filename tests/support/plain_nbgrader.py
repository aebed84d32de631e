"""What plain nbgrader gives, without the start of a kernel: `points(notebook, master, folder)`.

IPython runs the cells of a notebook, in a fork of this process, as a kernel does: each gets the
outputs that nbgrader's own `determine_grade` then reads.
"""

import contextlib
import io
import logging
import multiprocessing
import os
import re
import sys
import types
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade, is_grade

from grading.cells import grade_id, is_test


def unmarked(text: str) -> str:
    """A model's answer without the marks around it."""
    return re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", text, flags=re.M)


def points(nb: NotebookNode, solved: NotebookNode, folder: Path) -> dict[str, float | None]:
    """The points of each graded code cell of a handed-in notebook; None: a human gives them.

    As nbgrader does, its test cells are written over with those of the instructor's, `solved`.
    """
    tests = {grade_id(cell): cell for cell in solved.cells if is_test(cell)}
    nb.cells = [tests.get(grade_id(cell), cell) for cell in nb.cells]
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_run, args=(nb, folder, theirs))
    process.start()
    theirs.close()
    found = ours.recv()
    process.join()
    return found


def _run(nb: NotebookNode, folder: Path, line) -> None:
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415

    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ["MPLBACKEND"] = "Agg"
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    shell = InteractiveShell.instance(user_module=main)
    shell.history_manager.enabled = False
    shell.enable_gui = lambda gui=None: None  # for `%matplotlib inline`
    # Where a student's answer changes what determines the grade, it does so in plain nbgrader's
    # kernel alone: what judges here is what was there before.
    grade, log = determine_grade, logging.getLogger("plain")
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = list(_outputs(shell, cell.source))
    marked = [cell for cell in nb.cells if is_grade(cell) and cell.cell_type == "code"]
    line.send({cell.metadata.nbgrader.grade_id: grade(cell, log)[0] for cell in marked})
    os._exit(0)


def _outputs(shell, source):
    """The outputs that nbgrader reads: errors, what is on stderr, and the value of a cell."""
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        result = shell.run_cell(source, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        yield new_output("error", ename=type(error).__name__, evalue="", traceback=[])
    if err.getvalue():
        yield new_output("stream", name="stderr", text=err.getvalue())
    if result.result is not None:
        text = str(result.result)
        yield new_output("execute_result", {"text/plain": text}, execution_count=1)
